import type { Problem } from "../../core/problems.ts";

/** One thing that was looked at. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly problem?: Problem;
}

/** A check that found nothing wrong. */
export const passed = (name: string, detail: string): Check => ({ name, ok: true, detail });
/** A check that found a problem. */
export const failed = (name: string, problem: Problem): Check => ({
  name,
  ok: false,
  detail: problem.message,
  problem,
});
/** A check that found nothing that stops a deployment, and something that its owner should know. */
export const note = (name: string, detail: string): Check => passed(name, `note: ${detail}`);

/** Whether a check is one that `up` repeats. */
export const isNote = ({ ok, detail }: Check): boolean => ok && /^(?:note|warning): /.test(detail);

/** The check for what a run left that was killed or stopped. */
export const earlierRun = "earlier run";
