import { Admin, ConfigResourceTypes, IncrementalAlterConfigOperationTypes } from "@platformatic/kafka";
import type { Done } from "../store.ts";
import { untilAnswered } from "../until-answered.ts";
import type { KafkaPlan } from "./plan-schema.ts";

/** A group that nobody is in. */
const probeGroup = "beat-provision";

/**
 * Creates the missing topics and waits until every partition has a leader and groups can be joined: a consumer that joins earlier gets an
 * empty assignment and never notices. Partitions are only ever added.
 */
export async function provision(plan: KafkaPlan): Promise<Done[]> {
  const admin = new Admin({
    clientId: "beat-provision",
    bootstrapBrokers: [...plan.bootstrap],
    retries: 0,
    connectTimeout: 2000,
    // Otherwise asking about a missing topic may create it with the broker's defaults.
    autocreateTopics: false,
  });
  try {
    // Side by side: each of these is mostly the broker's time.
    const [done] = await Promise.all([bringTopics(admin, plan), untilGroupsAnswer(admin, plan)]);
    return done;
  } finally {
    await admin.close();
  }
}

/** Creates or corrects the topics, and waits until every partition has a leader. */
async function bringTopics(admin: Admin, plan: KafkaPlan): Promise<Done[]> {
  const existing = new Set(await untilAnswered(plan.waitSeconds, () => admin.listTopics()));
  const bring = async (topic: KafkaPlan["topics"][number]): Promise<Done[]> => {
    if (existing.has(topic.name))
      return [await checkPartitions(admin, topic), ...(await checkConfigs(admin, topic))];
    await untilAnswered(plan.waitSeconds, () =>
      admin.createTopics({
        topics: [topic.name],
        partitions: topic.partitions,
        replicas: topic.replicationFactor,
        configs: Object.entries(topic.configs).map(([name, value]) => ({ name, value })),
      }),
    );
    return [{ object: `topic ${topic.name}`, result: "created" }];
  };
  const done = (await Promise.all(plan.topics.map(bring))).flat();
  await untilAnswered(plan.waitSeconds, async () => {
    const { topics } = await admin.metadata({
      topics: plan.topics.map(({ name }) => name),
      forceUpdate: true,
    });
    for (const { name } of plan.topics) {
      const partitions = topics.get(name)?.partitions ?? [];
      if (partitions.length === 0 || partitions.some(({ leader }) => leader < 0))
        throw new Error(`topic ${name} has a partition without a leader`);
    }
  });
  return done;
}

/**
 * The first question about any group makes the broker create its offsets topic. Until that has a leader nobody can join
 * a group, and a service whose consumer fails at its start ends.
 */
async function untilGroupsAnswer(admin: Admin, plan: KafkaPlan): Promise<void> {
  await untilAnswered(plan.waitSeconds, () => admin.describeGroups({ groups: [probeGroup] }));
}

async function checkPartitions(admin: Admin, topic: KafkaPlan["topics"][number]): Promise<Done> {
  const { topics } = await admin.metadata({ topics: [topic.name], forceUpdate: true });
  const count = topics.get(topic.name)?.partitionsCount ?? 0;
  if (count > topic.partitions)
    throw new Error(
      `topic ${topic.name} has ${count} partitions and the definition says ${topic.partitions}; partitions cannot be taken away: declare ${count}`,
    );
  if (count === topic.partitions) return { object: `topic ${topic.name}`, result: "unchanged" };
  // Without assignments: an empty list would be one with too few of them, and is refused.
  await admin.createPartitions({ topics: [{ name: topic.name, count: topic.partitions }] });
  return { object: `topic ${topic.name}`, result: "altered" };
}

/** Sets what the plan says about a topic that is there already; what it does not name stays. */
async function checkConfigs(admin: Admin, topic: KafkaPlan["topics"][number]): Promise<Done[]> {
  const names = Object.keys(topic.configs);
  if (names.length === 0) return [];
  const [described] = await admin.describeConfigs({
    resources: [
      { resourceType: ConfigResourceTypes.TOPIC, resourceName: topic.name, configurationKeys: names },
    ],
  });
  const now = new Map(described?.configs.map(({ name, value }) => [name, value]));
  const changed = Object.entries(topic.configs).filter(([name, value]) => now.get(name) !== value);
  if (changed.length === 0) return [];
  await admin.incrementalAlterConfigs({
    resources: [
      {
        resourceType: ConfigResourceTypes.TOPIC,
        resourceName: topic.name,
        configs: changed.map(([name, value]) => ({
          name,
          configOperation: IncrementalAlterConfigOperationTypes.SET,
          value,
        })),
      },
    ],
  });
  return changed.map(([name]) => ({ object: `${name} of topic ${topic.name}`, result: "altered" as const }));
}
