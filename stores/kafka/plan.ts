import type { Provisioning, UseContext } from "../store.ts";
import { copiesOf, copiesOn } from "./copies.ts";
import type { Cluster, External, Facts, Need } from "./facts.ts";
import type { KafkaPlanInput } from "./plan-schema.ts";

type Context = UseContext<Facts, Need, External, Cluster>;

/** The most brokers that settings know: so many there may have been. */
const most = 3;
/** The one broker of an engine. */
const onEngine = 1;
/** Copies of large topics take their time, seconds. */
const moveSeconds = 1500;

/** The platform's topics; on several brokers with copies on several of them. */
export function plan(context: Context): Provisioning<KafkaPlanInput> {
  const { topics, address, external, cluster } = context;
  const copies = copiesOf(external, cluster?.settings);
  return {
    plan: {
      kind: "kafka",
      bootstrap: [`${address.host}:${address.port}`],
      topics: Object.entries(topics)
        .map(([name, facts]) => ({
          name,
          ...facts,
          // One broker can have one copy, whatever the definition asks of a cluster.
          ...(external === undefined && cluster === undefined && { replicationFactor: 1 }),
          ...(copies && {
            replicationFactor:
              external === undefined
                ? copies.replicationFactor
                : Math.max(facts.replicationFactor, copies.replicationFactor),
            configs: { "min.insync.replicas": String(copies.minInSyncReplicas) },
          }),
        }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
      ...ownBrokers(context),
      ...(cluster && { moveSeconds }),
    },
    secrets: [],
    ...(cluster && { deadlineSeconds: moveSeconds + 300 }),
  };
}

/** What must happen before there are fewer brokers; undefined when there cannot be fewer. */
export function retirement(context: Context): Provisioning<KafkaPlanInput> | undefined {
  const { address, cluster } = context;
  const { own } = ownBrokers(context);
  if (cluster === undefined || own === undefined || own.leaving.length === 0) return undefined;
  return {
    plan: {
      kind: "kafka",
      step: "retire",
      bootstrap: [`${address.host}:${address.port}`],
      topics: [],
      own,
      moveSeconds,
    },
    secrets: [],
    deadlineSeconds: moveSeconds + 300,
  };
}

function ownBrokers({ external, cluster }: Context) {
  if (external !== undefined) return {};
  const count = cluster?.settings.brokers ?? 1;
  const { minInSyncReplicas } = copiesOn({ brokers: count });
  const ids = Array.from({ length: most }, (_, id) => id);
  return {
    own: {
      brokers: cluster === undefined ? [onEngine] : ids.slice(0, count),
      minInSyncReplicas,
      leaving:
        cluster === undefined
          ? []
          : ids.slice(count).map((id) => ({ id, host: cluster.memberHost("kafka", id) })),
    },
  };
}
