import { dirname } from "node:path/posix";

/** How the tests of a file ended. */
export interface FileOutcome {
  /** From the project's root, with slashes. */
  readonly file: string;
  readonly tests: number;
  readonly skipped: number;
  /** Why the first of them was skipped. */
  readonly reason: string;
}

const many = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

/**
 * One line for each layer, which is a folder of tests, and else for each file, of which no test ran: green and not looked
 * at are two things.
 */
export function unrun(outcomes: readonly FileOutcome[]): string[] {
  const layers = new Map<string, FileOutcome[]>();
  for (const outcome of outcomes)
    if (outcome.tests > 0) {
      const layer = dirname(outcome.file);
      layers.set(layer, [...(layers.get(layer) ?? []), outcome]);
    }
  return [...layers].flatMap(([layer, files]) => {
    const out = files.filter(({ tests, skipped }) => tests === skipped);
    const sum = out.reduce((total, { tests }) => total + tests, 0);
    if (files.length > 1 && out.length === files.length) {
      const reasons = [...new Set(out.map(({ reason }) => reason))].join("; ");
      return [`nothing ran in ${layer} (${many(files.length, "file")}, ${many(sum, "test")}): ${reasons}`];
    }
    return out.map(({ file, tests, reason }) => `nothing ran in ${file} (${many(tests, "test")}): ${reason}`);
  });
}
