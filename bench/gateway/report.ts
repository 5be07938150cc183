import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, release } from "node:os";
import { fileURLToPath } from "node:url";
import { type CaseName, titles } from "./cases.ts";
import { installed } from "./process.ts";

/** One measurement of one contender in one round. */
export interface Sample {
  readonly round: number;
  readonly case: CaseName;
  readonly contender: string;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Microseconds of processor time of the proxy and its children for one request. */
  readonly cpu: number;
  /** Share of its core that the proxy used; far below 1, something else was the limit. */
  readonly busy: number;
  /** Bytes at the end of the measurement. */
  readonly resident: number;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The names of an option such as `--cases a,b`. @throws naming one that is not known. */
export function chosen<T extends string>(text: string, known: readonly T[], option: string): T[] {
  const names = text.split(",") as T[];
  const wrong = names.find((name) => !known.includes(name));
  if (wrong !== undefined) throw new Error(`${option} ${wrong}: choose from ${known.join(", ")}`);
  return names;
}

/**
 * Whom a case is compared with, the first for the range and p99 too. nginx's default buffers do not hold 64 KiB, so
 * there the nginx whose buffers do is the one to be measured against.
 */
export const basesOf = (name: CaseName): readonly string[] =>
  name === "large" ? ["nginx-buffers", "nginx"] : ["nginx"];

/** Medians over rounds as one Markdown table a case; ratios are taken within a round, then their median. */
export function tables(samples: readonly Sample[]): string {
  const cases = [...new Set(samples.map((sample) => sample.case))];
  return cases
    .map((name) =>
      table(
        samples.filter((sample) => sample.case === name),
        name,
      ),
    )
    .join("\n\n");
}

function table(samples: readonly Sample[], title: CaseName): string {
  const names = [...new Set(samples.map(({ contender }) => contender))];
  const bases = basesOf(title).filter((base) => names.includes(base));
  const ratios = (own: readonly Sample[], base: string, pick: (sample: Sample) => number) =>
    own.flatMap((sample) => {
      const other = samples.find(({ contender, round }) => contender === base && round === sample.round);
      return other === undefined ? [] : [pick(sample) / pick(other)];
    });
  const perSecond = (sample: Sample) => sample.perSecond;
  const head = [
    "",
    "per second",
    ...bases.flatMap((base, i) => (i === 0 ? [`to ${base}`, "range"] : [`to ${base}`])),
    "p50 ms",
    "p99 ms",
    ...bases.slice(0, 1).map((base) => `p99 to ${base}`),
    "CPU us each",
    "core busy",
    "RSS MiB",
  ];
  const rows = names.map((name) => {
    const own = samples.filter(({ contender }) => contender === name);
    const of = (pick: (sample: Sample) => number) => median(own.map(pick));
    return [
      name,
      Math.round(of(perSecond)).toLocaleString("en"),
      ...bases.flatMap((base, i) => {
        const all = ratios(own, base, perSecond);
        const range = `${Math.min(...all).toFixed(2)}-${Math.max(...all).toFixed(2)}`;
        return i === 0 ? [median(all).toFixed(2), range] : [median(all).toFixed(2)];
      }),
      of((s) => s.p50).toFixed(1),
      of((s) => s.p99).toFixed(1),
      ...bases.slice(0, 1).map((base) => median(ratios(own, base, (s) => s.p99)).toFixed(1)),
      of((s) => s.cpu).toFixed(0),
      `${Math.round(100 * of((s) => s.busy))} %`,
      (of((s) => s.resident) / 2 ** 20).toFixed(0),
    ];
  });
  return `**${titles[title]}**\n\n${markdown([head, ...rows])}`;
}

/** A Markdown table of its rows, the first of which is its head. */
export function markdown([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`.replace(/^\| {2}\|/, "| |");
  return [line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)].join("\n");
}

/** Machine, kernel, programs and their versions, and the date (UTC). */
export function conditions(node: string, run: string): string {
  const version = (program: string, args: string[]) => {
    if (!installed(program) && !program.includes("/")) return `${program} not installed`;
    const text = execFileSync("sh", ["-c", '"$0" "$@" 2>&1 || true', program, ...args], { encoding: "utf8" });
    return text.split("\n", 1)[0]?.replace(/ \d{4}\/\d\d\/\d\d.*| \[epoll\].*/, "") ?? "";
  };
  const list = cpus();
  return [
    `${new Date().toISOString().slice(0, 10)}; ${list.length} cores of ${list[0]?.model ?? "unknown"}, Linux ${release()}`,
    `Node ${version(node, ["--version"])}; ${version("nginx", ["-v"])}; ${version("haproxy", ["-v"])}; ${version("wrk", ["-v"])}`,
    run,
  ].join(".\n");
}

/** Replaces what stands between `<!-- name -->` and `<!-- /name -->` of docs/gateway-performance.md. */
export function updateDocument(name: string, text: string): void {
  const file = fileURLToPath(new URL("../../docs/gateway-performance.md", import.meta.url));
  const before = readFileSync(file, "utf8");
  const marks = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(<!-- /${name} -->)`);
  if (!marks.test(before)) throw new Error(`docs/gateway-performance.md has no part named ${name}`);
  writeFileSync(
    file,
    before.replace(marks, (_all, open: string, close: string) => `${open}${text}\n${close}`),
  );
}
