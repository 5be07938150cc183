import type { Cluster, External } from "./facts.ts";

/** How many copies of a record there are, and how many of them must have it before it counts as written. */
export interface Copies {
  readonly replicationFactor: number;
  readonly minInSyncReplicas: number;
}

/** The copies on brokers of the platform's own; undefined when the definition's numbers hold. */
export const copiesOn = ({ brokers }: Pick<Cluster, "brokers">): Copies | undefined =>
  brokers === 3 ? { replicationFactor: 3, minInSyncReplicas: 2 } : undefined;

/** The copies of a topic; undefined when the definition's numbers hold. */
export const copiesOf = (external: External | undefined, cluster: Cluster | undefined): Copies | undefined =>
  external ?? (cluster === undefined ? undefined : copiesOn(cluster));
