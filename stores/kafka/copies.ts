import type { Cluster, External } from "./facts.ts";

/** How many copies of a record there are, and how many of them must have it before it counts as written. */
export interface Copies {
  readonly replicationFactor: number;
  readonly minInSyncReplicas: number;
}

/** The copies on brokers of the platform's own: as many as there are brokers, and one of them may be away. */
export const copiesOn = ({ brokers }: Pick<Cluster, "brokers">): Copies => ({
  replicationFactor: brokers,
  minInSyncReplicas: Math.max(1, brokers - 1),
});

/** The copies of a topic that asks for no more; undefined when the definition's numbers hold. */
export const copiesOf = (external: External | undefined, cluster: Cluster | undefined): Copies | undefined =>
  external ?? (cluster === undefined ? undefined : copiesOn(cluster));
