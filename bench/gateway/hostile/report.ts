import { markdown, median } from "../report.ts";
import type { Phase } from "./client.ts";
import { limitMs } from "./flow.ts";
import { afterSeconds, type Sample } from "./run.ts";
import { type ScenarioName, scenarios } from "./scenarios.ts";

/** What ours is held to: no request lost, and a p99 of at most so many times its own quiet one. */
export const mostTimes = 5;

const lost = ({ kept, fresh }: Phase): number => kept.lost + fresh.lost;
const sum = (samples: readonly Sample[], of: (sample: Sample) => number): number =>
  samples.reduce((total, sample) => total + of(sample), 0);
const lostIn = (samples: readonly Sample[]): number => sum(samples, (s) => lost(s.attack) + lost(s.after));
const times = (samples: readonly Sample[]): number =>
  median(samples.map(({ quiet, attack }) => attack.kept.p99 / quiet.kept.p99));
const died = (samples: readonly Sample[]): boolean => samples.some((sample) => sample.died !== undefined);

/** Whether a contender, in one scenario, keeps what ours is held to. */
export const holds = (samples: readonly Sample[]): boolean =>
  !died(samples) && lostIn(samples) === 0 && times(samples) <= mostTimes;

const factor = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)}x`;
const ms = (value: number): string =>
  value >= limitMs ? `over ${limitMs}` : value.toFixed(value < 10 ? 1 : 0);
const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);
const names = (samples: readonly Sample[]): string[] => [...new Set(samples.map((s) => s.contender))];
const scenariosOf = (samples: readonly Sample[]): ScenarioName[] => [
  ...new Set(samples.map((s) => s.scenario)),
];

/** A table of verdicts, then one table a scenario. */
export function hostileTables(samples: readonly Sample[]): string {
  const each = scenariosOf(samples).map((name) =>
    details(
      name,
      samples.filter(({ scenario }) => scenario === name),
    ),
  );
  return [verdicts(samples), ...each].join("\n\n");
}

/** Lost requests and the p99 relative to the quiet one, a column for each contender. */
function verdicts(samples: readonly Sample[]): string {
  const columns = names(samples);
  const rows = scenariosOf(samples).map((scenario) => {
    const cells = columns.map((name) => {
      const own = samples.filter((s) => s.scenario === scenario && s.contender === name);
      const doubt = own.some(({ disturbed }) => disturbed) ? ", disturbed" : "";
      const verdict = `${lostIn(own)} lost, ${factor(times(own))}${died(own) ? ", died" : ""}${doubt}`;
      return holds(own) ? verdict : `**${verdict}**`;
    });
    return [scenarios[scenario].title, ...cells];
  });
  return markdown([["", ...columns], ...rows]);
}

const heads = [
  "",
  "lost of",
  `lost ${afterSeconds} s after`,
  "p99 ms quiet",
  "p99 ms",
  "times",
  "max ms",
  "max ms, new",
  "p99 ms after",
  "p99 ms direct",
  "core busy",
  "RSS MiB, peak, after",
  "files, peak, after",
  "the attack",
];

function details(scenario: ScenarioName, samples: readonly Sample[]): string {
  const rows = names(samples).map((name) => {
    const own = samples.filter(({ contender }) => contender === name);
    const of = (pick: (sample: Sample) => number) => median(own.map(pick));
    const worst = (pick: (sample: Sample) => number) => Math.max(...own.map(pick));
    const end = own.find((sample) => sample.died !== undefined)?.died;
    return [
      own.some(({ disturbed }) => disturbed) ? `${name} (disturbed)` : name,
      `${sum(own, (s) => lost(s.attack))} of ${sum(own, (s) => s.attack.kept.sent + s.attack.fresh.sent)}`,
      String(sum(own, (s) => lost(s.after))),
      ms(of((s) => s.quiet.kept.p99)),
      ms(of((s) => s.attack.kept.p99)),
      factor(times(own)),
      ms(worst((s) => s.attack.kept.max)),
      ms(worst((s) => s.attack.fresh.max)),
      ms(of((s) => s.after.kept.p99)),
      ms(of((s) => s.attack.direct.p99)),
      `${Math.round(100 * of((s) => s.busy))} %`,
      [
        mib(of((s) => s.before.resident)),
        mib(worst((s) => s.peak.resident)),
        end === undefined ? mib(worst((s) => s.left.resident)) : `died (${end})`,
      ].join(", "),
      [of((s) => s.before.files), worst((s) => s.peak.files), worst((s) => s.left.files)].join(", "),
      attack(own),
    ];
  });
  const { title, what } = scenarios[scenario];
  return `**${title}**: ${what}.\n\n${markdown([heads, ...rows])}`;
}

/** What the attack did in a round: so a scenario that did not take place is seen. */
function attack(samples: readonly Sample[]): string {
  const keys = [...new Set(samples.flatMap(({ did }) => Object.keys(did)))].sort();
  const ordered = [...keys.filter((key) => !/^\d/.test(key)), ...keys.filter((key) => /^\d/.test(key))];
  const told = ordered.map((key) => {
    const value = Math.round(median(samples.map(({ did }) => did[key] ?? 0)));
    const name = /^\d/.test(key) ? `were ${key}` : key;
    return `${value.toLocaleString("en")} ${name}`;
  });
  return told.join(", ");
}
