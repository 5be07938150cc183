import type { Workload } from "../../core/workload.ts";

/** One part of a stack: a container, a pod, or a volume. */
export interface PartState {
  readonly name: string;
  readonly ok: boolean;
  readonly status: string;
  readonly image: string;
}

/** What a log command shows. */
export interface LogOptions {
  readonly follow: boolean;
  /** How many lines of the past. */
  readonly tail: number;
}

/** A deployment that was tried and failed; what was wrong has been printed. */
export class DeploymentError extends Error {
  override readonly name = "DeploymentError";
}

/** What `up` makes again, since it looks at what is there. */
const missingStatus = "is not there; fix: ./beat up";

/**
 * What should run and was taken away behind the stack's back. Nothing of a stack that is down; and what has done its work once
 * may be cleared away.
 */
export function missingParts(
  wanted: readonly Workload[],
  present: readonly { readonly name: string }[],
): PartState[] {
  if (present.length === 0) return [];
  const there = new Set(present.map(({ name }) => name));
  return (
    wanted
      .filter(({ role }) => role !== "provisioner" && role !== "retirement")
      // A transform may want none of it.
      .filter(({ members }) => !("replicas" in members && members.replicas === 0))
      // A pod is called by its host, a container by its name.
      .filter(({ name, host }) => !there.has(name) && !there.has(host))
      .map(({ name }) => ({ name, ok: false, image: "", status: missingStatus }))
  );
}
