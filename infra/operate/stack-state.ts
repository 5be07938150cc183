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

/** Kinds of resources that run for good. */
const running = /^(docker:index\/container:Container|kubernetes:apps\/v1:(Deployment|StatefulSet))$/;
/** What a stack has besides its data from its first `up` on, until it is taken down. */
const connecting = /^(docker:index\/network:Network|kubernetes:core\/v1:Service)$/;

/** Whether a stack has been brought up and not been taken down since, wholly or in part. */
export const isBegun = ({ resources, pending }: StackState): boolean =>
  pending.length > 0 ||
  resources.some(({ type, external }) => external !== true && (running.test(type) || connecting.test(type)));

/** The names of what the state says runs; without what ends by itself, and what was scaled to none. */
export const namesRunning = ({ resources }: StackState): string[] =>
  resources
    .filter(({ type, external }) => external !== true && running.test(type))
    .filter(({ inputs }) => inputs?.mustRun !== false && replicasIn(inputs) !== 0)
    .map(({ urn }) => urn.split("::").pop() ?? urn);

const replicasIn = (inputs: StateResource["inputs"]): unknown =>
  (inputs?.spec as { readonly replicas?: unknown } | undefined)?.replicas;
