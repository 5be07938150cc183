import {
  type Admin,
  alterPartitionReassignmentsV0,
  apiVersionsV4,
  type Connection,
  describeQuorumV2,
  FeatureUpgradeTypes,
  listPartitionReassignmentsV0,
  metadataV12,
  ProtocolError,
  unregisterBrokerV0,
  updateFeaturesV1,
} from "@platformatic/kafka";

/** How long the controller may take over one request, milliseconds. */
const requestTimeout = 20_000;

/** New replicas of one partition. */
export interface Reassignment {
  readonly topic: string;
  readonly partition: number;
  readonly replicas: readonly number[];
}

/** How far a controller has come in the log of metadata. */
export interface Voter {
  readonly id: number;
  readonly logEndOffset: bigint;
}

/** Requests that the client's `Admin` has no methods for. Any broker takes them, and hands them to the controller. */
async function anyBroker(admin: Admin): Promise<Connection> {
  const { brokers } = await admin.metadata({ topics: [], forceUpdate: true });
  for (const connection of (await admin.connectToBrokers([...brokers.keys()].slice(0, 1))).values())
    return connection;
  throw new Error("no broker answers");
}

/** Where copies are. */
export interface Layout {
  /** The brokers that answer, in order. */
  readonly brokers: readonly number[];
  /** All topics, Kafka's own among them: `Admin.metadata` leaves those out. */
  readonly topics: readonly TopicLayout[];
}

/** Where a topic's copies are. */
export interface TopicLayout {
  readonly name: string;
  /** Kafka keeps it for itself. */
  readonly internal: boolean;
  readonly partitions: readonly {
    readonly partition: number;
    readonly replicas: readonly number[];
    readonly inStep: readonly number[];
  }[];
}

/** Where all copies are. */
export async function layoutOf(admin: Admin): Promise<Layout> {
  const { brokers, topics } = await metadataV12.api.async(await anyBroker(admin), null, false, false);
  return {
    brokers: brokers.map(({ nodeId }) => nodeId).sort((a, b) => a - b),
    topics: topics.map(({ name, isInternal, partitions }) => ({
      name: name ?? "",
      internal: isInternal,
      partitions: partitions.map(({ partitionIndex, replicaNodes, isrNodes }) => ({
        partition: partitionIndex,
        replicas: replicaNodes,
        inStep: isrNodes,
      })),
    })),
  };
}

/** Has partitions moved; it is done when {@link reassignmentsUnderWay} says so. */
export async function reassign(admin: Admin, moves: readonly Reassignment[]): Promise<void> {
  await alterPartitionReassignmentsV0.api.async(
    await anyBroker(admin),
    requestTimeout,
    true,
    [...new Set(moves.map(({ topic }) => topic))].map((name) => ({
      name,
      partitions: moves
        .filter(({ topic }) => topic === name)
        .map(({ partition, replicas }) => ({ partitionIndex: partition, replicas: [...replicas] })),
    })),
  );
}

/** The topics of which partitions are being moved. */
export async function reassignmentsUnderWay(admin: Admin): Promise<string[]> {
  const { topics } = await listPartitionReassignmentsV0.api.async(
    await anyBroker(admin),
    requestTimeout,
    null,
  );
  return topics.map(({ name }) => name);
}

/** The levels of Kafka's features: what the brokers can, and what was made final. */
export async function features(
  admin: Admin,
): Promise<readonly { readonly name: string; readonly most: number; readonly final: number }[]> {
  const answer = await apiVersionsV4.api.async(await anyBroker(admin), "beat-provision", "1");
  const final = new Map((answer.finalizedFeatures ?? []).map((each) => [each.name, each.maxVersionLevel]));
  return (answer.supportedFeatures ?? []).map(({ name, maxVersion }) => ({
    name,
    most: maxVersion,
    final: final.get(name) ?? 0,
  }));
}

/** Makes levels final. The controllers and brokers of before cannot read what is written then. */
export async function raiseFeatures(
  admin: Admin,
  levels: readonly { readonly name: string; readonly most: number }[],
): Promise<void> {
  await updateFeaturesV1.api.async(
    await anyBroker(admin),
    requestTimeout,
    levels.map(({ name, most }) => ({
      feature: name,
      maxVersionLevel: most,
      upgradeType: FeatureUpgradeTypes.UPGRADE,
    })),
    false,
  );
}

/** The controllers that vote, and up to where the log of metadata counts as written. */
export async function quorum(
  admin: Admin,
): Promise<{ readonly voters: readonly Voter[]; readonly written: bigint }> {
  const { topics } = await describeQuorumV2.api.async(await anyBroker(admin), [
    { topicName: "__cluster_metadata", partitions: [{ partitionIndex: 0 }] },
  ]);
  const partition = topics[0]?.partitions[0];
  if (partition === undefined) throw new Error("Kafka says nothing of its controllers");
  return {
    voters: partition.currentVoters.map(({ replicaId, logEndOffset }) => ({ id: replicaId, logEndOffset })),
    written: partition.highWatermark,
  };
}

/** Makes the cluster forget a broker that is gone for good. @returns whether it knew it. */
export async function unregister(admin: Admin, broker: number): Promise<boolean> {
  try {
    await unregisterBrokerV0.api.async(await anyBroker(admin), broker);
    return true;
  } catch (error) {
    if (apiErrors(error).includes("BROKER_ID_NOT_REGISTERED")) return false;
    throw error;
  }
}

/** What a broker answered instead of doing it, by Kafka's names. */
const apiErrors = (error: unknown): string[] => {
  if (error instanceof ProtocolError) return [String(error.apiId)];
  return error instanceof AggregateError ? error.errors.flatMap(apiErrors) : [];
};
