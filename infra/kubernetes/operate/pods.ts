import type { CoreV1Event, V1ContainerStatus, V1Pod } from "@kubernetes/client-node";
import { logLines } from "../../../core/log-lines.ts";
import type { PartState } from "../../operate/parts.ts";
import { componentLabel } from "../labels.ts";
import type { Cluster } from "./client.ts";

/**
 * Reasons for which a container waits that its pod does not get over by itself. The kubelet goes on trying, so a registry
 * that comes back is noticed: whoever gives up on one of these waits a while first.
 */
export const cannotStart =
  /^(ImagePullBackOff|ErrImagePull|ErrImageNeverPull|InvalidImageName|CreateContainerConfigError|CreateContainerError)$/;

/** Lines of a log, and events, that an explanation shows. */
const shown = { lines: 10, events: 3 } as const;

/** The pods of a namespace, by name. */
export async function podsOf({ core }: Cluster, namespace: string): Promise<V1Pod[]> {
  const { items } = await core.listNamespacedPod({ namespace });
  return items.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

/** A pod's name. */
export const nameOf = (pod: V1Pod): string => pod.metadata?.name ?? "";
/** The part of the platform a pod plays. */
export const componentOf = (pod: V1Pod): string => pod.metadata?.labels?.[componentLabel] ?? nameOf(pod);

/** Ready, or a job that has succeeded. */
export const isReady = (pod: V1Pod): boolean =>
  pod.status?.phase === "Succeeded" ||
  (pod.metadata?.deletionTimestamp === undefined &&
    (pod.status?.conditions ?? []).some(({ type, status }) => type === "Ready" && status === "True"));

/**
 * Pods that a controller keeps running and that are not well. What is on its way out is not among them, nor one that has
 * failed for good, which its controller has replaced (an evicted one stays for a while), nor a job's, which has had its try.
 */
export const notReady = (pods: readonly V1Pod[]): V1Pod[] =>
  pods.filter(
    (pod) =>
      !isReady(pod) &&
      pod.metadata?.deletionTimestamp === undefined &&
      pod.status?.phase !== "Failed" &&
      (pod.metadata?.ownerReferences ?? []).some(
        ({ kind }) => kind === "StatefulSet" || kind === "ReplicaSet",
      ),
  );

/** A pod as `beat status` shows it. */
export function partOf(pod: V1Pod): PartState {
  const statuses = pod.status?.containerStatuses ?? [];
  const restarts = statuses.reduce((sum, { restartCount }) => sum + restartCount, 0);
  const ready = statuses.filter(({ ready }) => ready).length;
  const phase = problemOf(pod)?.reason ?? pod.status?.phase ?? "Unknown";
  return {
    name: nameOf(pod),
    ok: isReady(pod),
    status:
      phase === "Succeeded"
        ? "Completed"
        : `${phase} ${ready}/${pod.spec?.containers.length ?? 0}${restarts > 0 ? `, restarted ${restarts}` : ""}`,
    image: pod.spec?.containers[0]?.image ?? "",
  };
}

/** What keeps a pod from being ready. */
export interface PodProblem {
  /** Kubernetes' own word, e.g. ImagePullBackOff, CrashLoopBackOff, Unschedulable. */
  readonly reason: string;
  readonly message: string;
  /** The container it lies with. */
  readonly container?: string;
}

/** What is wrong with a pod; undefined when nothing is known to be. */
export function problemOf(pod: V1Pod): PodProblem | undefined {
  if (isReady(pod)) return undefined;
  const conditions = pod.status?.conditions ?? [];
  const unscheduled = conditions.find(({ type, status }) => type === "PodScheduled" && status === "False");
  if (unscheduled !== undefined)
    return { reason: unscheduled.reason ?? "Unschedulable", message: unscheduled.message ?? "" };
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  for (const status of statuses) {
    const trouble = troubleIn(status);
    if (trouble !== undefined) return trouble;
  }
  const { reason, message } = pod.status ?? {};
  if (reason !== undefined) return { reason, message: message ?? "" };
  const unready = conditions.find(({ type, status }) => type === "Ready" && status === "False");
  return unready && { reason: "NotReady", message: unready.message ?? "" };
}

function troubleIn({ name, state, lastState }: V1ContainerStatus): PodProblem | undefined {
  const ended = state?.terminated ?? lastState?.terminated;
  const end =
    ended === undefined || ended.exitCode === 0
      ? ""
      : `${ended.reason ?? "ended"}, exit code ${ended.exitCode}${ended.message ? `: ${ended.message.trim()}` : ""}`;
  const waiting = state?.waiting;
  if (waiting?.reason !== undefined && !/^(ContainerCreating|PodInitializing)$/.test(waiting.reason))
    return {
      reason: waiting.reason,
      message: [end, waiting.message].filter(Boolean).join("; "),
      container: name,
    };
  if (state?.terminated !== undefined && end !== "")
    return { reason: ended?.reason ?? "Error", message: end, container: name };
  return undefined;
}

/**
 * Why the parts of a namespace are not well: each pod's trouble, its last words and events; and claims that wait.
 * @param concerns picks the pods it is about.
 */
export async function explainPods(
  cluster: Cluster,
  namespace: string,
  concerns: (pod: V1Pod) => boolean,
): Promise<string[]> {
  const [pods, events, claims] = await Promise.all([
    podsOf(cluster, namespace),
    cluster.core.listNamespacedEvent({ namespace }).then(({ items }) => items),
    cluster.core.listNamespacedPersistentVolumeClaim({ namespace }).then(({ items }) => items),
  ]);
  const lines: string[] = [];
  for (const pod of pods) {
    if (isReady(pod) || !concerns(pod)) continue;
    const trouble = problemOf(pod);
    lines.push(`${nameOf(pod)}: ${trouble?.reason ?? pod.status?.phase ?? "not ready"}`);
    const words = [
      // A container's last words, where it ended, may be the end of its log.
      ...logLines(trouble?.message ?? ""),
      ...(await lastLines(cluster, namespace, pod, trouble?.container)),
      ...warningsAbout(events, nameOf(pod), "Pod"),
    ];
    // A message is often the log's end over again.
    lines.push(...indent([...new Set(words.map((line) => line.trimEnd()))]));
    // The kubelet measures no volume of a pod that is down.
    if (words.some((line) => line.includes("No space left on device")))
      lines.push("  fix: its volume is full: a larger size in the settings, then up");
  }
  for (const claim of claims) {
    const name = claim.metadata?.name ?? "";
    const warnings = warningsAbout(events, name, "PersistentVolumeClaim");
    if (claim.status?.phase === "Bound" || warnings.length === 0) continue;
    lines.push(`claim ${name}: ${claim.status?.phase}`, ...indent(warnings));
  }
  return lines;
}

const indent = (lines: readonly string[]): string[] =>
  lines.filter((line) => line.trim() !== "").map((line) => `  ${line}`);

/** The end of a container's log; of the one before, where it has just been restarted. */
async function lastLines(
  { core }: Cluster,
  namespace: string,
  pod: V1Pod,
  container = pod.spec?.containers[0]?.name,
): Promise<string[]> {
  if (container === undefined) return [];
  const read = (previous: boolean): Promise<string> =>
    core
      .readNamespacedPodLog({ name: nameOf(pod), namespace, container, previous, tailLines: shown.lines })
      // A container that never started has no log.
      .catch(() => "");
  return logLines((await read(false)) || (await read(true)));
}

function warningsAbout(events: readonly CoreV1Event[], name: string, kind: string): string[] {
  return events
    .filter(
      ({ involvedObject, type }) =>
        involvedObject.name === name && involvedObject.kind === kind && type === "Warning",
    )
    .sort((a, b) => timeOf(a) - timeOf(b))
    .slice(-shown.events)
    .map(
      ({ reason, message, count }) => `${reason}: ${message}${(count ?? 1) > 1 ? ` (${count} times)` : ""}`,
    );
}

const timeOf = ({ lastTimestamp, eventTime, firstTimestamp }: CoreV1Event): number =>
  new Date(lastTimestamp ?? eventTime ?? firstTimestamp ?? 0).getTime();
