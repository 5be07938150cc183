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
  /** What may notice; see {@link suiteFile}. As few as will do. */
  readonly suites: readonly string[];
}

/**
 * The file or folder of a suite: `pool` is one of the behaviour suite, `process:start` one of whole processes,
 * `unit:policy/gate` a test beside the source, and `fuzz` the short fuzz run.
 */
export function suiteFile(suite: string): string {
  if (suite === "fuzz") return "gateway/test/fuzz";
  const [kind, name] = suite.includes(":") ? suite.split(":", 2) : ["behaviour", suite];
  return kind === "unit" ? `gateway/src/${name}.test.ts` : `gateway/test/${kind}/${name}.test.ts`;
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
