import type { V1Node, V1Pod } from "@kubernetes/client-node";
import type { Cluster } from "./client.ts";
import { nameOf } from "./pods.ts";

/**
 * Stores that have more members on one node than they need to: the scheduler spreads them where it can, and a volume that
 * belongs to a node keeps its member there for good, so that a cluster that grew later may be no safer than before.
 * @param nodes that take pods.
 * @returns what to say of each.
 */
export function crowdedStores(pods: readonly V1Pod[], nodes: readonly string[]): string[] {
  const stores = new Map<string, Map<string, string[]>>();
  for (const pod of pods) {
    const owner = pod.metadata?.ownerReferences?.find(({ kind }) => kind === "StatefulSet");
    const node = pod.spec?.nodeName;
    if (owner === undefined || node === undefined) continue;
    const placed = stores.get(owner.name) ?? new Map<string, string[]>();
    stores.set(owner.name, placed.set(node, [...(placed.get(node) ?? []), nameOf(pod)]));
  }
  return [...stores].flatMap(([store, placed]) => {
    const free = nodes.filter((node) => !placed.has(node));
    const [crowd] = [...placed].filter(([, members]) => members.length > 1);
    if (crowd === undefined || free.length === 0) return [];
    const [node, members] = crowd;
    return [
      `${members.join(" and ")} share node ${node}, and ${free.join(", ")} has no member of ${store}: one node takes ` +
        `${members.length} of them with it; fix: kubectl delete pod ${members.at(-1)}, which stays if its volume belongs to the node`,
    ];
  });
}

/** The nodes that take pods; none where the user may not ask for them. */
export async function openNodes({ core }: Cluster): Promise<string[]> {
  const { items } = await core.listNode().catch((): { items: V1Node[] } => ({ items: [] }));
  return items
    .filter(({ spec }) => !(spec?.taints ?? []).some(({ effect }) => effect !== "PreferNoSchedule"))
    .map(({ metadata }) => metadata?.name ?? "");
}
