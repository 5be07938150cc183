import type { V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import type { Cluster } from "./client.ts";
import { cannotStart, nameOf, podsOf, problemOf } from "./pods.ts";

/** A pod that will not be ready with the template it was made from. */
const isHopeless = (reason: string): boolean => cannotStart.test(reason) || reason === "CrashLoopBackOff";
/** How often the pods are looked at, milliseconds. */
const period = 3000;

/**
 * Pods that a StatefulSet will not replace by itself: of an earlier template that could not start, while the set waits
 * for them to be ready before it goes on to the present one. Source: Kubernetes, StatefulSets, "Forced rollback".
 */
export function stuckPods(sets: readonly V1StatefulSet[], pods: readonly V1Pod[]): V1Pod[] {
  const present = new Map(
    sets
      // Before the controller has seen the new template it still names the old one.
      .filter(({ metadata, status }) => status?.observedGeneration === metadata?.generation)
      .map(({ metadata, status }) => [metadata?.uid, status?.updateRevision]),
  );
  return pods.filter((pod) => {
    const owner = pod.metadata?.ownerReferences?.find(({ kind }) => kind === "StatefulSet");
    const revision = present.get(owner?.uid);
    return (
      revision !== undefined &&
      pod.metadata?.labels?.["controller-revision-hash"] !== revision &&
      isHopeless(problemOf(pod)?.reason ?? "")
    );
  });
}

/**
 * Deletes stuck pods until it is stopped, so that a mended stack recovers from a template that could not start.
 * @returns stops it.
 */
export function replaceStuckPods(
  cluster: Cluster,
  namespace: string,
  say: (line: string) => void,
): () => void {
  let stopped = false;
  const timer = setInterval(() => {
    void look().catch(() => {
      // A cluster that does not answer is Pulumi's to report.
    });
  }, period);
  const look = async (): Promise<void> => {
    const [{ items }, pods] = await Promise.all([
      cluster.apps.listNamespacedStatefulSet({ namespace }),
      podsOf(cluster, namespace),
    ]);
    for (const pod of stuckPods(items, pods)) {
      if (stopped) return;
      const { uid } = pod.metadata ?? {};
      await cluster.core.deleteNamespacedPod({
        name: nameOf(pod),
        namespace,
        body: { ...(uid !== undefined && { preconditions: { uid } }) },
      });
      say(`  ✔ pod ${nameOf(pod)} of an earlier template, which could not start, deleted`);
    }
  };
  return () => {
    stopped = true;
    clearInterval(timer);
  };
}
