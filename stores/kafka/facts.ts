import { isIP } from "node:net";
import { z } from "zod";
import { memory } from "../../core/bounds.ts";
import { port, visible } from "../../core/fields.ts";
import { uniqueList } from "../../core/validation.ts";
import { cidrField, cpuField, outsideFields, volumeField } from "../fields.ts";

/** Copies of a topic: its protocol counts them in 16 bits, and there are never more than brokers. */
export const replicationFactor = z.number().int().min(1).max(32_767);

/** `stores.kafka` of the definition. */
export const facts = z.strictObject({
  port: port.default(9092),
  controllerPort: port.default(9093),
  hostPort: port.default(9094),
  /** Half of it is the heap, which starts with 256 MiB. */
  memoryMiB: memory(512).default(1024),
});

/** `needs.kafka` of a service. */
export const need = z.strictObject({
  publishes: uniqueList(z.string()).default([]),
  consumes: uniqueList(z.string()).default([]),
  group: visible.max(255).optional(),
  /**
   * False when its consumers die silently with the broker: it is replaced after the broker, and started anew once a broker that
   * was away is back. "sometimes" when they outlive a short absence: then only once they are seen not to come back.
   */
  reconnects: z.union([z.boolean(), z.literal("sometimes")]).default(true),
});

/** `platform:kubernetes.kafka`. */
export const cluster = z.strictObject({
  brokers: z.literal([1, 3]).default(3).describe("each is controller, too"),
  volume: volumeField("10Gi"),
  cpu: cpuField("250m"),
});

/** `platform:external.kafka`. */
export const external = z
  .strictObject({
    ...outsideFields(9092),
    replicationFactor: replicationFactor.default(3).describe("copies of each topic"),
    minInSyncReplicas: replicationFactor
      .default(2)
      .describe("copies that must have a record before it counts as written"),
    cidr: cidrField,
  })
  .refine(({ replicationFactor, minInSyncReplicas }) => minInSyncReplicas <= replicationFactor, {
    path: ["minInSyncReplicas"],
    message: "must not be more than replicationFactor, or no record would ever count as written",
  })
  // The host is where a client begins; a cluster then names its other brokers, which a policy for one address would cut off.
  .refine(({ host, cidr }) => isIP(host) === 0 || cidr !== undefined, {
    path: ["cidr"],
    message:
      "is needed where host is an address: a client is sent on to every broker; give the range they are all in, such as 192.0.2.0/24 (host/32 for a single broker)",
  })
  .describe("a Kafka cluster without credentials");

/** What is needed to use a Kafka cluster. */
export type Facts = z.output<typeof facts>;
/** What a service asks of it, complete. */
export type Need = z.output<typeof need>;
/** What a stack sets of it on a cluster, complete. */
export type Cluster = z.output<typeof cluster>;
/** Where a stack finds one that somebody else runs, complete. */
export type External = z.output<typeof external>;
