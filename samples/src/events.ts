import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Consumer, Producer, stringDeserializers, stringSerializers } from "@platformatic/kafka";
import { address } from "./env.ts";
import { log } from "./log.ts";
import { traceHandling, traceSend } from "./tracing.ts";

/** The envelope that all services share. */
export interface Envelope {
  readonly version: 1;
  readonly key: string;
  readonly metadata: { readonly source: string };
  readonly event_type: string;
  readonly payload: Readonly<Record<string, string>>;
  readonly occurred_at: string;
}

/** Puts a payload into the shared envelope. */
export function envelope(source: string, type: string, payload: Envelope["payload"]): Envelope {
  return {
    version: 1,
    key: randomUUID(),
    metadata: { source },
    event_type: type,
    payload,
    occurred_at: new Date().toISOString(),
  };
}

/** A message as it comes. */
interface Received {
  readonly value: string;
  readonly topic: string;
  readonly headers: ReadonlyMap<string, string>;
}

/** What a role does with Kafka. */
export interface BusOptions {
  readonly service: string;
  readonly group: string;
  readonly consumes: readonly string[];
  /** Where a new group starts. */
  readonly from: "earliest" | "latest";
  /** Whether it comes back after an error, as core's client does; the others' consumers end for good. */
  readonly reconnects: boolean;
  readonly handle: (event: Envelope, topic: string) => Promise<void>;
}

/** A role's connection to Kafka. */
export class Bus {
  readonly #options: BusOptions;
  readonly #producer: Producer<string, string, string, string>;
  #consumer: Consumer<string, string, string, string>;
  #running = false;
  #closed = false;

  constructor(options: BusOptions) {
    this.#options = options;
    this.#producer = new Producer({
      clientId: options.service,
      bootstrapBrokers: [address("KAFKA")],
      serializers: stringSerializers,
      autocreateTopics: false,
    });
    this.#consumer = this.#newConsumer();
  }

  #newConsumer(): Consumer<string, string, string, string> {
    return new Consumer({
      clientId: this.#options.service,
      bootstrapBrokers: [address("KAFKA")],
      groupId: this.#options.group,
      deserializers: stringDeserializers,
      autocreateTopics: false,
      sessionTimeout: 10_000,
      rebalanceTimeout: 10_000,
      heartbeatInterval: 2_000,
    });
  }

  /**
   * Begins to consume. At the first error a bus that does not reconnect stops for good, as the real services do: a
   * replaced broker must therefore replace their containers.
   */
  async start(): Promise<void> {
    const stream = await this.#consumer.consume({
      topics: [...this.#options.consumes],
      mode: "committed",
      fallbackMode: this.#options.from,
      autocommit: 500,
      maxWaitTime: 200,
    });
    this.#running = true;
    void this.#drain(stream);
  }

  async #drain(stream: AsyncIterable<Received>): Promise<void> {
    let reason = "the stream ended";
    try {
      for await (const { value, topic, headers } of stream) {
        const event = JSON.parse(value) as Envelope;
        await traceHandling(topic, this.#options.group, headers, () => {
          log("event", { topic, type: event.event_type });
          return this.#options.handle(event, topic);
        });
      }
    } catch (error) {
      reason = (error as Error).message;
    }
    this.#running = false;
    if (this.#closed) return;
    log("consumer-stopped", { reason });
    while (this.#options.reconnects && !this.#running && !this.#closed) {
      await sleep(1000);
      await this.#consumer.close(true).catch(() => {});
      this.#consumer = this.#newConsumer();
      await this.start().catch((error: Error) => log("consumer-retry", { reason: error.message }));
    }
  }

  /** Publishes an event; partition 0, as messaging does. */
  async publish(topic: string, type: string, payload: Envelope["payload"]): Promise<void> {
    const event = envelope(this.#options.service, type, payload);
    await traceSend(topic, (headers) =>
      this.#producer.send({
        messages: [{ topic, key: event.key, value: JSON.stringify(event), partition: 0, headers }],
      }),
    );
  }

  /** Whether the consumer runs and has partitions of every topic. @throws otherwise. */
  async check(): Promise<string> {
    const { topics } = await this.#consumer.metadata({ topics: [...this.#options.consumes] });
    const assigned = new Set((this.#consumer.assignments ?? []).map(({ topic }) => topic));
    if (!this.#running) throw new Error("the consumer has stopped");
    for (const topic of this.#options.consumes)
      if (!topics.has(topic) || !assigned.has(topic)) throw new Error(`no partition of ${topic} is assigned`);
    return `group ${this.#options.group} consumes ${[...assigned].sort().join(", ")}`;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled([this.#consumer.close(true), this.#producer.close()]);
  }
}
