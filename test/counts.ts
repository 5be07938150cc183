import { appendFileSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

/** How many tests of a run, or of several, ended how. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** What ran no test at all, a line each. */
  readonly unrun?: readonly string[];
}

export const countsLine = ({ passed, failed, skipped }: Counts): string =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;

/** The last lines of a run: what did not run at all, and its counts. */
export const lastLines = (counts: Counts): string => [...(counts.unrun ?? []), countsLine(counts)].join("\n");

/** Tells the counts of a run: as its last lines, or to the file that sums up several runs (`TEST_COUNTS`). */
export function tellCounts(counts: Counts): void {
  const file = process.env.TEST_COUNTS;
  if (file === undefined || file === "") console.log(lastLines(counts));
  else appendFileSync(file, `${JSON.stringify(counts)}\n`);
}

/**
 * The sum of what several runs told.
 * @param lines of the file.
 * @param ok whether all of them ended well: one that did not, and told of no failed test, failed as a whole.
 */
export function sumOf(lines: readonly string[], ok: boolean): Counts {
  const sum = { passed: 0, failed: 0, skipped: 0, unrun: [] as string[] };
  for (const line of lines) {
    const counts = JSON.parse(line) as Counts;
    sum.unrun.push(...(counts.unrun ?? []));
    for (const key of ["passed", "failed", "skipped"] as const) sum[key] += counts[key];
  }
  if (!ok && sum.failed === 0) sum.failed = 1;
  return sum;
}

// `node test/counts.ts <file> <exit code>` prints the sum.
if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [file = "", code] = process.argv.slice(2);
  console.log(lastLines(sumOf(readFileSync(file, "utf8").split("\n").filter(Boolean), code === "0")));
}
