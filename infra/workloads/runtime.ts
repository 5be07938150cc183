import type { DockerSettings, KubernetesSettings } from "../../config/settings/schema.ts";
import type { MemberHost } from "../../stores/store.ts";

/**
 * What a stack runs on, as far as a description of a workload must know it: one machine with a container engine, or a cluster; and what
 * the stack sets for it. Which of the programs that render it for an engine is none of its business.
 */
export type Runtime = EngineRuntime | ClusterRuntime;

/** One machine with a container engine. */
export interface EngineRuntime {
  readonly kind: "engine";
  readonly settings: DockerSettings;
  /** What the stack is called on the engine; it stays. */
  readonly id: string;
  /** Whether a one-shot is waited for until it has ended with 0, as Compose does. The Docker provider waits for health alone. */
  readonly waitsForExit: boolean;
}

/** A namespace of a cluster. */
export interface ClusterRuntime {
  readonly kind: "cluster";
  readonly settings: KubernetesSettings;
  /** The namespace; it stays. */
  readonly id: string;
  readonly memberHost: MemberHost;
}
