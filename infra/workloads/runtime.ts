import type { DockerSettings, KubernetesSettings } from "../../config/settings/schema.ts";
import { asValue, type Value } from "../../core/value.ts";
import type { MemberHost } from "../../stores/store.ts";

/**
 * What a stack runs on, as far as a description of a workload must know it: one machine with a container engine, or a cluster; and what
 * the stack sets for it. Which of the programs that render it for an engine is none of its business.
 */
export type Runtime = EngineRuntime | ClusterRuntime;

/** By which a program of a stack knows whose it is: the commands that it prints name it. */
export const stackVariable = "BEAT_STACK";

/** @see stackVariable */
export const stackEnvironment = (stack: string | undefined): Readonly<Record<string, Value>> =>
  stack === undefined ? {} : { [stackVariable]: asValue(stack) };

/** One machine with a container engine. */
export interface EngineRuntime {
  readonly kind: "engine";
  readonly settings: DockerSettings;
  /** The stack's name, for the commands that its programs print. */
  readonly stack?: string;
  /** What the stack is called on the engine; it stays. */
  readonly id: string;
  /** Whether a one-shot is waited for until it has ended with 0, as Compose does. The Docker provider waits for health alone. */
  readonly waitsForExit: boolean;
}

/** A namespace of a cluster. */
export interface ClusterRuntime {
  readonly kind: "cluster";
  readonly settings: KubernetesSettings;
  /** The stack's name, for the commands that its programs print. */
  readonly stack?: string;
  /** The namespace; it stays. */
  readonly id: string;
  readonly memberHost: MemberHost;
}
