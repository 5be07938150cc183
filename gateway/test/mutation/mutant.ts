/** One deliberate break of the gateway. */
export interface Mutant {
  /** What is broken, in words. */
  readonly name: string;
  /** Source file below gateway/src. */
  readonly file: string;
  /** Must occur exactly once in the file. */
  readonly from: string;
  readonly to: string;
  /** Files of the suite that may notice, without `.test.ts`. */
  readonly suites: readonly string[];
}

/** What never holds, in a form that a type checker and a bundler leave alone. */
export const never = "Date.now() < 0";
export type Row = readonly [name: string, from: string, to: string, ...suites: string[]];
/** Mutants of one file. */
export const of = (file: string, rows: readonly Row[]): Mutant[] =>
  rows.map(([name, from, to, ...suites]) => ({ name, file, from, to, suites }));
