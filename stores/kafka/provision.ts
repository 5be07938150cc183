import { Admin } from "@platformatic/kafka";
import { retryUntilAnswered } from "../retry-until-answered.ts";
import { anyStillRuns } from "../still-running.ts";
import type { Done } from "../store.ts";
import type { KafkaPlan } from "./plan-schema.ts";
import { bringConfigs, lowerMinInSync, minInSync } from "./provision-configs.ts";
import { bringCopies } from "./provision-copies.ts";
import { bringFeatures } from "./provision-features.ts";
import { layoutOf, unregister } from "./requests.ts";
import { type OwnBrokers, retire } from "./retire.ts";

/** A group that nobody is in. */
const probeGroup = "beat-provision";

/**
 * Creates the missing topics and waits until every partition has a leader and groups can be joined: a consumer that joins earlier gets an
 * empty assignment and never notices. Partitions are only ever added; copies follow the number of brokers.
 */
export async function provision(plan: KafkaPlan): Promise<Done[]> {
  const { own } = plan;
  if (
    plan.step === "retire" &&
    (own === undefined || !(await retryUntilAnswered(plan.waitSeconds, () => anyStillRuns(own.leaving))))
  )
    return [{ object: "brokers that leave", result: "unchanged" }];
  const admin = new Admin({
    clientId: "beat-provision",
    bootstrapBrokers: [...plan.bootstrap],
    retries: 0,
    connectTimeout: 2000,
    // Otherwise asking about a missing topic may create it with the broker's defaults.
    autocreateTopics: false,
  });
  try {
    if (plan.step === "retire" && own !== undefined) return await retire(admin, plan, own);
    // Side by side: each of these is mostly the broker's time.
    const [topics] = await Promise.all([bringTopics(admin, plan), untilGroupsAnswer(admin, plan)]);
    // What others run is theirs, but for the topics.
    return [
      ...topics,
      ...(await bringAllCopies(admin, plan)),
      ...(own ? await bringBrokers(admin, plan, own) : []),
      ...(own ? await leftBehind(admin, plan) : []),
    ];
  } finally {
    await admin.close();
  }
}

/** Creates or corrects the topics, and waits until every partition has a leader. */
async function bringTopics(admin: Admin, plan: KafkaPlan): Promise<Done[]> {
  const existing = new Set(await retryUntilAnswered(plan.waitSeconds, () => admin.listTopics()));
  const bring = async (topic: KafkaPlan["topics"][number]): Promise<Done[]> => {
    if (existing.has(topic.name)) return [await checkPartitions(admin, topic)];
    await retryUntilAnswered(plan.waitSeconds, () =>
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
  await retryUntilAnswered(plan.waitSeconds, async () => {
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
  await retryUntilAnswered(plan.waitSeconds, () => admin.describeGroups({ groups: [probeGroup] }));
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

/**
 * Copies and what must be in step of them. To ask for fewer comes before there are fewer, to ask for more after there are
 * more: in between nobody could write.
 */
async function bringAllCopies(admin: Admin, plan: KafkaPlan): Promise<Done[]> {
  return plan.own === undefined
    ? await bringDeclaredCopies(admin, plan)
    : await bringOwnCopies(admin, plan, plan.own);
}

/** On brokers that somebody else runs, what is not declared is theirs. */
async function bringDeclaredCopies(admin: Admin, plan: KafkaPlan): Promise<Done[]> {
  const declared = new Map(plan.topics.map((topic) => [topic.name, topic]));
  const moved = await bringCopies(admin, {
    copies: ({ name }, now) => {
      const wanted = declared.get(name)?.replicationFactor;
      // More than were asked for are somebody's choice.
      return wanted === undefined ? undefined : Math.max(wanted, now);
    },
    brokers: undefined,
    waitSeconds: plan.waitSeconds,
    moveSeconds: plan.moveSeconds,
  });
  const wanted = new Map(plan.topics.map(({ name, configs }) => [name, configs]));
  return [...moved, ...(await bringConfigs(admin, wanted, { explicit: false }))];
}

/** On brokers of its own, every topic has all copies, also those nobody declares, and Kafka's own. */
async function bringOwnCopies(admin: Admin, plan: KafkaPlan, own: OwnBrokers): Promise<Done[]> {
  const all = (await layoutOf(admin)).topics.map(({ name }) => name);
  const lowered = await lowerMinInSync(admin, all, own.minInSyncReplicas);
  const moved = await bringCopies(admin, {
    copies: () => own.brokers.length,
    brokers: own.brokers,
    waitSeconds: plan.waitSeconds,
    moveSeconds: plan.moveSeconds,
  });
  const wanted = new Map<string, Readonly<Record<string, string>>>(
    all.map((name) => [name, { [minInSync]: String(own.minInSyncReplicas) }]),
  );
  for (const { name, configs } of plan.topics) wanted.set(name, { ...wanted.get(name), ...configs });
  return [...lowered, ...moved, ...(await bringConfigs(admin, wanted, { explicit: true }))];
}

/** Forgets brokers that have gone, and lets the others do all they can. */
async function bringBrokers(admin: Admin, plan: KafkaPlan, own: OwnBrokers): Promise<Done[]> {
  const gone: Done[] = [];
  // A broker that is remembered keeps the level of features down to its own.
  for (const { id } of own.leaving)
    if (await unregister(admin, id)) gone.push({ object: `broker ${id}`, result: "altered" });
  return [...gone, ...(await bringFeatures(admin, plan.waitSeconds))];
}

/** Topics that the definition does not name: nothing is dropped, and that is said. */
async function leftBehind(admin: Admin, { bootstrap, topics }: KafkaPlan): Promise<Done[]> {
  const declared = new Set(topics.map(({ name }) => name));
  return (await layoutOf(admin)).topics
    .filter(({ name, internal }) => !internal && !declared.has(name))
    .map(({ name }) => ({
      object: `topic ${name}`,
      result: "unchanged",
      note: `the definition does not name it, and it stays; to drop it: /opt/kafka/bin/kafka-topics.sh --bootstrap-server ${bootstrap.join(",")} --delete --topic ${name}`,
    }));
}
