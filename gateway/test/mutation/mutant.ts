/** One place of the source that is changed. */
export interface Edit {
  /** Source file below gateway/src. */
  readonly file: string;
  /** Must occur exactly once in the file. */
  readonly from: string;
  readonly to: string;
}

/** One deliberate break of the gateway. */
export interface Mutant {
  /** What is broken, in words. */
  readonly name: string;
  /** Usually one. Several where one guard stands behind another, and either alone would do. */
  readonly edits: readonly Edit[];
  /** Files of the suite that may notice, without `.test.ts`; `fuzz` is the short fuzz run. */
  readonly suites: readonly string[];
}

/** What never holds, in a form that a type checker and a bundler leave alone. */
export const never = "Date.now() < 0";

/** A mutant of one place; the names of its suites are parted by spaces. */
export type Row = readonly [name: string, from: string, to: string, suites: string];

/** Mutants of one file. */
export const of = (file: string, rows: readonly Row[]): Mutant[] =>
  rows.map(([name, from, to, suites]) => ({ name, edits: [{ file, from, to }], suites: suites.split(" ") }));

/** A mutant of several places. */
export const together = (
  name: string,
  suites: string,
  ...edits: readonly (readonly [file: string, from: string, to: string])[]
): Mutant => ({
  name,
  edits: edits.map(([file, from, to]) => ({ file, from, to })),
  suites: suites.split(" "),
});
