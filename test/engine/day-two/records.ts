import {
  Admin,
  Consumer,
  ProduceAcks,
  Producer,
  stringDeserializers,
  stringSerializers,
} from "@platformatic/kafka";
import { features } from "../../../stores/kafka/requests.ts";
import { using } from "../kafka-client.ts";
import { ports } from "./stack.ts";

const broker = { clientId: "test", bootstrapBrokers: [`127.0.0.1:${ports.kafka}`] };

/** Writes records, which have these keys. */
export const write = (topic: string, ...keys: readonly string[]): Promise<void> =>
  using(
    new Producer({ ...broker, serializers: stringSerializers, acks: ProduceAcks.ALL }),
    async (producer) => {
      for (const key of keys) await producer.send({ messages: [{ topic, key, value: "{}" }] });
    },
  );

/** The keys of a topic's records, as many as there shall be. */
export const keysOf = (topic: string, count: number): Promise<string[]> =>
  using(
    new Consumer({ ...broker, groupId: `test-${Date.now()}`, deserializers: stringDeserializers }),
    async (consumer) => {
      const keys: string[] = [];
      const stream = await consumer.consume({ topics: [topic], mode: "earliest", autocommit: false });
      for await (const { key } of stream) if (keys.push(key) === count) break;
      await stream.close();
      return keys.sort();
    },
  );

/** How many partitions the topics have. */
export const partitionsOf = (...topics: string[]): Promise<(number | undefined)[]> =>
  using(new Admin(broker), async (admin) => {
    const { topics: found } = await admin.metadata({ topics, forceUpdate: true });
    return topics.map((topic) => found.get(topic)?.partitionsCount);
  });

/** The level of a feature that was made final. */
export const levelOf = (feature: string): Promise<number | undefined> =>
  using(
    new Admin(broker),
    async (admin) => (await features(admin)).find(({ name }) => name === feature)?.final,
  );
