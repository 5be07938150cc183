import type { Problem } from "../../core/problems.ts";

/** A restore that is under way, e.g. one that was left by Ctrl-C. */
export interface Restoring {
  /** `<store>/<database>`. */
  readonly of: string;
  /** What ends it, to be typed. */
  readonly end: string;
}

/** What is wrong with whatever would take away what a restore runs in. @param act what that is, as a verb. */
export const restoringProblems = (all: readonly Restoring[], act: string): Problem[] =>
  all.map(({ of, end }) => ({
    path: `restore of ${of}`,
    message: `is under way, and to ${act} the stack would end it by halves`,
    fix: `wait until it has ended: ./beat status; or end it: ${end}`,
  }));
