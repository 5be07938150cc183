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

/** Medians over rounds as one Markdown table a case; ratios are taken within a round, then their median. */
export function tables(samples: readonly Sample[], base: string): string {
  const cases = [...new Set(samples.map((sample) => sample.case))];
  return cases
    .map((name) =>
      table(
        samples.filter((sample) => sample.case === name),
        base,
        titles[name],
      ),
    )
    .join("\n\n");
}

function table(samples: readonly Sample[], base: string, title: string): string {
  const names = [...new Set(samples.map(({ contender }) => contender))];
  const reference = new Map(samples.filter((s) => s.contender === base).map((s) => [s.round, s]));
  const rows = names.map((name) => {
    const own = samples.filter(({ contender }) => contender === name);
    const of = (pick: (sample: Sample) => number) => median(own.map(pick));
    const against = (pick: (sample: Sample) => number) =>
      median(own.map((sample) => pick(sample) / pick(reference.get(sample.round) ?? sample)));
    const ratios = own.map((s) => s.perSecond / (reference.get(s.round)?.perSecond ?? Number.NaN));
    const cells = [
      name,
      Math.round(of((s) => s.perSecond)).toLocaleString("en"),
      reference.size === 0 ? "" : against((s) => s.perSecond).toFixed(2),
      reference.size === 0 ? "" : `${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)}`,
      of((s) => s.p50).toFixed(1),
      of((s) => s.p99).toFixed(1),
      reference.size === 0 ? "" : against((s) => s.p99).toFixed(1),
      of((s) => s.cpu).toFixed(0),
      `${Math.round(100 * of((s) => s.busy))} %`,
      (of((s) => s.resident) / 2 ** 20).toFixed(0),
    ];
    return `| ${cells.join(" | ")} |`;
  });
  const head = `**${title}**\n\n| | per second | to ${base} | range | p50 ms | p99 ms | p99 to ${base} | CPU us each | core busy | RSS MiB |`;
  return [head, "|---|---|---|---|---|---|---|---|---|---|", ...rows].join("\n");
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
