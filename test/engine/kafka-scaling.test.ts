import {
  Admin,
  Consumer,
  ProduceAcks,
  Producer,
  stringDeserializers,
  stringSerializers,
} from "@platformatic/kafka";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { type KafkaPlan, planSchema } from "../../stores/kafka/plan-schema.ts";
import { provision } from "../../stores/kafka/provision.ts";
import { features, layoutOf } from "../../stores/kafka/requests.ts";
import { Brokers, kafkaImage, missingImage } from "./kafka-brokers.ts";
import { using } from "./kafka-client.ts";

const missing = await missingImage(kafkaImage);
const previous = "apache/kafka:4.0.1";
const missingPrevious = missing ?? (await missingImage(previous));
const topic = "events";
/** One that the definition does not know, as a service or somebody by hand makes it. */
const byHand = "by_hand";
const minute = 60_000;

/** The plan of a stack with so many brokers; `leaving` says where those are that go. */
const planFor = (brokers: Brokers, of: number, step: KafkaPlan["step"] = "provision"): KafkaPlan =>
  planSchema.parse({
    kind: "kafka",
    step,
    bootstrap: [brokers.address(0)],
    waitSeconds: 90,
    topics:
      step === "retire"
        ? []
        : [
            {
              name: topic,
              partitions: 2,
              replicationFactor: of,
              configs: { "min.insync.replicas": String(Math.max(1, of - 1)) },
            },
          ],
    own: {
      brokers: [0, 1, 2].slice(0, of),
      minInSyncReplicas: Math.max(1, of - 1),
      leaving: [1, 2].slice(of - 1).map((id) => ({ id, host: "localhost" })),
    },
  });

const common = (brokers: Brokers) => ({ clientId: "test", bootstrapBrokers: [brokers.address(0)] });

const producerOf = (brokers: Brokers, transactionalId?: string) =>
  new Producer({
    ...common(brokers),
    serializers: stringSerializers,
    acks: ProduceAcks.ALL,
    ...(transactionalId !== undefined && { idempotent: true, transactionalId }),
  });

/** Writes records, each of which as many copies must have as the topic asks for. */
const write = (brokers: Brokers, from: number, count: number, to = topic) =>
  using(producerOf(brokers), async (producer) => {
    for (let n = from; n < from + count; n++)
      await producer.send({
        messages: [{ topic: to, partition: to === topic ? n % 2 : 0, key: String(n), value: `value ${n}` }],
      });
  });

/** Writes a record in a transaction: Kafka notes it in a topic of its own first. */
const writeInTransaction = (brokers: Brokers, n: number) =>
  using(producerOf(brokers, `test-${n}`), async (producer) => {
    const transaction = await producer.beginTransaction();
    await transaction.send({ messages: [{ topic: byHand, partition: 0, key: String(n), value: "" }] });
    await transaction.commit();
  });

/** The keys of all records, in order. */
const read = (brokers: Brokers, count: number, from = topic) =>
  using(
    new Consumer({
      ...common(brokers),
      groupId: `test-${from}-${count}-${Date.now()}`,
      deserializers: stringDeserializers,
    }),
    async (consumer) => {
      const keys: number[] = [];
      const stream = await consumer.consume({ topics: [from], mode: "earliest", autocommit: true });
      for await (const { key } of stream) {
        keys.push(Number(key));
        if (keys.length === count) break;
      }
      await stream.close();
      return keys.sort((a, b) => a - b);
    },
  );

/** Where the partitions of each topic have their copies. */
const copies = (brokers: Brokers) =>
  using(new Admin(common(brokers)), async (admin) => {
    const { topics } = await layoutOf(admin);
    return Object.fromEntries(
      topics.map(({ name, partitions }) => [
        name,
        [
          ...new Set(
            partitions.map(({ replicas, inStep }) => `${[...replicas].sort()} in step ${[...inStep].sort()}`),
          ),
        ],
      ]),
    );
  });

const untilThreeAnswer = (brokers: Brokers) =>
  using(new Admin({ ...common(brokers), retries: 0 }), (admin) =>
    expect
      .poll(
        () =>
          admin.metadata({ topics: [], forceUpdate: true }).then(
            (found) => found.brokers.size,
            () => 0,
          ),
        {
          timeout: 3 * minute,
        },
      )
      .toBe(3),
  );

/** That every topic's copies are so. */
const everywhere = (where: string) =>
  Object.fromEntries(
    [topic, byHand, "__consumer_offsets", "__transaction_state"].map((name) => [name, [where]]),
  );

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

describe.skipIf(missing !== undefined)(`Kafka that grows and shrinks${missing ? `: ${missing}` : ""}`, () => {
  const brokers = new Brokers("kafka-scaling", 29_410);
  afterAll(() => brokers.remove(), minute);

  test(
    "from one broker to three there are three copies of everything, and back again nothing is lost",
    async () => {
      await brokers.start(0, 1, kafkaImage);
      await provision(planFor(brokers, 1));
      await write(brokers, 0, 20);
      expect(await read(brokers, 20)).toEqual(upTo(20));
      await using(new Admin(common(brokers)), (admin) =>
        admin.createTopics({ topics: [byHand], partitions: 1, replicas: 1 }),
      );
      await write(brokers, 0, 10, byHand);
      await writeInTransaction(brokers, 10);
      await provision(planFor(brokers, 1));
      const one = everywhere("0 in step 0");
      expect(await copies(brokers)).toEqual(one);

      // As a StatefulSet does it: the new ones first, then those that run are started anew.
      await brokers.start(1, 3, kafkaImage);
      await brokers.start(2, 3, kafkaImage);
      await untilThreeAnswer(brokers);
      await brokers.stop(0);
      await brokers.start(0, 3, kafkaImage);
      await untilThreeAnswer(brokers);
      // Before anything has a second copy, the brokers ask for two where a topic does not say.
      await write(brokers, 11, 1, byHand);
      await writeInTransaction(brokers, 12);
      expect(await read(brokers, 20)).toEqual(upTo(20));
      const grown = await provision(planFor(brokers, 3));
      expect(grown).toContainEqual({ object: `copies of topic ${topic}`, result: "altered" });
      expect(grown).toContainEqual({ object: `min.insync.replicas of topic ${topic}`, result: "altered" });
      expect(grown).toContainEqual({ object: `min.insync.replicas of topic ${byHand}`, result: "altered" });
      expect(await copies(brokers)).toEqual(everywhere("0,1,2 in step 0,1,2"));
      expect(await provision(planFor(brokers, 3))).toEqual([
        { object: `topic ${topic}`, result: "unchanged" },
        {
          object: `topic ${byHand}`,
          result: "unchanged",
          note: expect.stringContaining(`${brokers.address(0)} --delete --topic ${byHand}`),
        },
      ]);
      await write(brokers, 20, 20);
      expect(await read(brokers, 40)).toEqual(upTo(40));
      // One of three may be away.
      await brokers.stop(2);
      await write(brokers, 13, 5, byHand);
      await writeInTransaction(brokers, 18);
      expect(await read(brokers, 19, byHand)).toEqual(upTo(19));
      await brokers.start(2, 3, kafkaImage);

      // Back: everything moves off first.
      const retired = await provision(planFor(brokers, 1, "retire"));
      expect(retired).toContainEqual({ object: `min.insync.replicas of topic ${topic}`, result: "altered" });
      expect(await copies(brokers)).toEqual(one);
      await write(brokers, 40, 10);
      await write(brokers, 19, 5, byHand);
      await writeInTransaction(brokers, 24);
      await Promise.all([brokers.stop(1), brokers.stop(2)]);
      await brokers.stop(0);
      await brokers.start(0, 1, kafkaImage);
      const shrunk = await provision(planFor(brokers, 1));
      expect(shrunk).toContainEqual({ object: "broker 2", result: "altered" });
      await write(brokers, 50, 10);
      expect(await read(brokers, 60)).toEqual(upTo(60));
      await writeInTransaction(brokers, 25);
      expect(await read(brokers, 26, byHand)).toEqual(upTo(26));
      expect(await copies(brokers)).toEqual(one);
    },
    10 * minute,
  );
});

describe.skipIf(missingPrevious !== undefined)(
  `Kafka of the next release${missingPrevious ? `: ${missingPrevious}` : ""}`,
  () => {
    const brokers = new Brokers("kafka-release", 29_450);
    afterEach(() => brokers.remove(), minute);

    test(
      `what ${previous} wrote is read by ${kafkaImage}, which then does all it can`,
      async () => {
        await brokers.start(0, 1, previous);
        await provision(planFor(brokers, 1));
        await write(brokers, 0, 20);
        await brokers.stop(0);
        await brokers.start(0, 1, kafkaImage);
        const done = await provision(planFor(brokers, 1));
        expect(done).toContainEqual({ object: "feature metadata.version", result: "altered" });
        expect(await read(brokers, 20)).toEqual(upTo(20));
        await write(brokers, 20, 20);
        expect(await read(brokers, 40)).toEqual(upTo(40));
        const levels = await using(new Admin(common(brokers)), features);
        expect(levels.filter(({ name, most, final }) => name !== "kraft.version" && final < most)).toEqual(
          [],
        );
        // It is that broker's own from now on.
        await brokers.stop(0);
        await brokers.start(0, 1, previous);
        await expect(provision({ ...planFor(brokers, 1), waitSeconds: 15 })).rejects.toThrow();
      },
      5 * minute,
    );
  },
);
