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
}

/** What the state knows: its resources, and operations that were under way when a run was killed. */
export interface StackState {
  readonly resources: readonly StateResource[];
  readonly pending: readonly string[];
}
