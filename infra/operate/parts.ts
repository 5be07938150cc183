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
