import type { UseContext } from "../store.ts";
import { copiesOf } from "./copies.ts";
import type { Cluster, External, Facts, Need } from "./facts.ts";
import type { KafkaPlanInput } from "./plan-schema.ts";

/** The platform's topics; on several brokers with copies on several of them. */
export function plan({ topics, address, external, cluster }: UseContext<Facts, Need, External, Cluster>): {
  readonly plan: KafkaPlanInput;
  readonly secrets: readonly string[];
} {
  const copies = copiesOf(external, cluster?.settings);
  return {
    plan: {
      kind: "kafka",
      bootstrap: [`${address.host}:${address.port}`],
      topics: Object.entries(topics)
        .map(([name, facts]) => ({
          name,
          ...facts,
          ...(copies && {
            replicationFactor: Math.max(facts.replicationFactor, copies.replicationFactor),
            configs: { "min.insync.replicas": String(copies.minInSyncReplicas) },
          }),
        }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    },
    secrets: [],
  };
}
