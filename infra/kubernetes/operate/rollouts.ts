import type { Cluster } from "./client.ts";

/** What a Deployment and a StatefulSet say of their pods. */
interface Rolled {
  readonly metadata?: { readonly name?: string; readonly generation?: number };
  readonly spec?: { readonly replicas?: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly availableReplicas?: number;
  };
}

/** Why the pods are not all there as they were last described; undefined when they are. Source: kubectl, `rollout status`. */
export function unfinished({ metadata, spec, status = {} }: Rolled): string | undefined {
  const wanted = spec?.replicas ?? 1;
  const { observedGeneration = 0, replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status;
  if (observedGeneration < (metadata?.generation ?? 0)) return "its change has not been looked at yet";
  if (updatedReplicas < wanted) return `${updatedReplicas} of ${wanted} pods are as last described`;
  if (replicas > updatedReplicas) return `${replicas - updatedReplicas} pods are from before`;
  if (availableReplicas < wanted) return `${availableReplicas} of ${wanted} pods are available`;
  return undefined;
}

/**
 * What of a namespace is still being rolled, a line for each. Pulumi's provider may take a Deployment that goes back to what it was
 * before for one that is done, while its pods are still the old ones, or gone.
 */
export async function unfinishedRollouts(
  { apps }: Pick<Cluster, "apps">,
  namespace: string,
): Promise<string[]> {
  const [deployments, sets] = await Promise.all([
    apps.listNamespacedDeployment({ namespace }),
    apps.listNamespacedStatefulSet({ namespace }),
  ]);
  const told = (kind: string, items: readonly Rolled[]) =>
    items.flatMap((item) => {
      const why = unfinished(item);
      return why === undefined ? [] : [`${kind} ${item.metadata?.name}: ${why}`];
    });
  return [...told("deployment", deployments.items), ...told("statefulset", sets.items)];
}
