import type { Problem } from "../../core/problems.ts";
import { stackLabel } from "../docker/labels.ts";
import { inForce, type StateResource } from "./stack-state.ts";

/** Where a run would put a stack, and by which names it finds that again. */
export interface Place {
  readonly target: "docker" | "kubernetes";
  /** The platform's name in the definition. */
  readonly platform: string;
  readonly stack: string;
  /** On a cluster. */
  readonly namespace: string | undefined;
}

/** Where the last run put it. */
interface Before {
  readonly target: Place["target"];
  /** `<platform>-<stack>`, of the last run. */
  readonly name: string | undefined;
  readonly namespace: string | undefined;
}

const moving =
  "to move it for good: ./beat backup, then another stack, and a restore there (docs/backups.md)";

/**
 * What is wrong when a stack would be brought up beside itself: under another target, namespace, or name. All its volumes would be
 * new ones there, empty, and those with the data would stay behind or be deleted. Undefined when it stays where it is.
 * @param state what the last run left.
 */
export function movedStack(state: readonly StateResource[], here: Place): Problem | undefined {
  const before = placeIn(state);
  if (before === undefined) return undefined;
  const { stack, platform } = here;
  const target = movedTarget(state, here);
  if (target !== undefined) return target;
  const name = `${platform}-${stack}`;
  if (before.name !== undefined && before.name !== name) {
    const renamed = before.name.startsWith(`${platform}-`);
    return {
      path: renamed ? "stack" : "name of the platform's definition",
      message: `what runs is called ${before.name}, and this run would call it ${name}: its data would not come along`,
      fix: renamed
        ? `pulumi stack rename ${before.name.slice(platform.length + 1)} --stack ${stack}; ${moving}`
        : `give the definition its name back${before.name.endsWith(`-${stack}`) ? `: "${before.name.slice(0, -stack.length - 1)}"` : ""}; ${moving}`,
    };
  }
  if (here.target === "kubernetes" && before.namespace !== undefined && before.namespace !== here.namespace)
    return {
      path: "platform:kubernetes.namespace",
      message: `${stack} was made in the namespace ${before.namespace}, and its data would not come along to ${here.namespace}`,
      fix: `pulumi config set --path platform:kubernetes.namespace ${before.namespace} --stack ${stack}; ${moving}`,
    };
  return undefined;
}

/** Another target alone: it is known before the settings are, which may be wrong for want of the right one. */
export function movedTarget(
  state: readonly StateResource[],
  { target, stack }: Pick<Place, "target" | "stack">,
): Problem | undefined {
  const before = placeIn(state);
  if (before === undefined || before.target === target) return undefined;
  return {
    path: "platform:target",
    message: `${stack} was made on ${kinds[before.target]}, and its data would not come along to ${kinds[target]}`,
    fix: `pulumi config set platform:target ${before.target} --stack ${stack}; ${moving}`,
  };
}

const kinds = { docker: "a container engine", kubernetes: "a Kubernetes cluster" } as const;

/** Told by what holds the data, or everything that does. */
function placeIn(state: readonly StateResource[]): Before | undefined {
  for (const { type, outputs } of inForce(state)) {
    if (type === "docker:index/network:Network" || type === "docker:index/volume:Volume")
      return { target: "docker", name: labelOf(outputs?.labels), namespace: undefined };
    if (type !== "kubernetes:core/v1:Namespace" && type !== "kubernetes:core/v1:PersistentVolumeClaim")
      continue;
    const {
      name,
      namespace,
      labels = {},
    } = (outputs?.metadata ?? {}) as {
      name?: string;
      namespace?: string;
      labels?: Readonly<Record<string, string>>;
    };
    return {
      target: "kubernetes",
      name: labels["app.kubernetes.io/instance"],
      namespace: type.endsWith(":Namespace") ? name : namespace,
    };
  }
  return undefined;
}

/** The stack's name on the labels of an engine's object. */
function labelOf(labels: unknown): string | undefined {
  const list = Array.isArray(labels) ? (labels as { label?: unknown; value?: unknown }[]) : [];
  const value = list.find(({ label }) => label === stackLabel)?.value;
  return typeof value === "string" ? value : undefined;
}
