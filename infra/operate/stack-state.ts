/** A resource of the stack's state. */
export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
  /** Somebody else's, only read. */
  readonly external?: boolean;
  /** Left where it is when the state lets go of it. */
  readonly retainOnDelete?: boolean;
  readonly protect?: boolean;
  /** Replaced by another, and not taken away yet, since the run failed before. It stands behind that one. */
  readonly delete?: boolean;
  /** Why it is there and did not become what it should. */
  readonly initErrors?: readonly string[];
}

/** Without those that were replaced and not taken away yet, which have the URN of the one in force. */
export const inForce = (resources: readonly StateResource[]): readonly StateResource[] =>
  resources.filter((resource) => resource.delete !== true);

/** What the state knows: its resources, and operations that were under way when a run was killed. */
export interface StackState {
  readonly resources: readonly StateResource[];
  readonly pending: readonly string[];
}
