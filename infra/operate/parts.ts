import type { Members, Workload } from "../../core/workload.ts";
import { isBegun, namesRunning, type StackState } from "./stack-state.ts";

/** One part of a stack: a container, a pod, or a volume. */
export interface PartState {
  readonly name: string;
  readonly ok: boolean;
  readonly status: string;
  readonly image: string;
  /** It should be there, and none of it is. */
  readonly missing?: boolean;
}

/** A deployment that was tried and failed; what was wrong has been printed. */
export class DeploymentError extends Error {
  override readonly name = "DeploymentError";
}

/** What is wanted of a stack, and what of it is there. */
export interface WhatIsThere {
  /** What the definition wants. */
  readonly wanted: readonly Workload[];
  /** A container by its name; a pod by its host, once for each. */
  readonly present: readonly string[];
  readonly state: StackState;
  /** Makes it again. */
  readonly mend: string;
}

/**
 * What should run and does not exist: it was taken away behind the stack's back, or a killed run has not come to it. Nothing of
 * a stack that is down; and what has done its work once may be cleared away.
 */
export function missingParts({ wanted, present, state, mend }: WhatIsThere): PartState[] {
  if (present.length === 0 && !isBegun(state)) return [];
  const count = (...names: string[]): number => present.filter((name) => names.includes(name)).length;
  const parts = wanted.flatMap(({ name, host, members }): PartState[] => {
    const there = count(...new Set([name, host]));
    const least = leastOf(members);
    if (there >= least) return [];
    if (there === 0) return [missing(name, mend)];
    return [{ name, ok: false, image: "", status: `${there} of ${least} are there; fix: ${mend}` }];
  });
  // What the definition has let go of stays a part until the next `up` takes it down.
  const known = new Set(wanted.flatMap(({ name, host }) => [name, host]));
  const former = namesRunning(state).filter((name) => !known.has(name) && count(name) === 0);
  return [...parts, ...former.map((name) => missing(name, mend))];
}

const missing = (name: string, mend: string): PartState => ({
  name,
  ok: false,
  image: "",
  missing: true,
  status: `is not there; fix: ${mend}`,
});

/** How many must be there; a transform may want none. */
function leastOf(members: Members): number {
  if ("stateful" in members) return members.stateful;
  return "replicas" in members ? (members.autoscale?.min ?? members.replicas) : 0;
}
