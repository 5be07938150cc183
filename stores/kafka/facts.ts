import { z } from "zod";
import { port } from "../../core/fields.ts";
import { cidrField, cpuField, outsideFields, volumeField } from "../fields.ts";

/** `stores.kafka` of the definition. */
export const facts = z.strictObject({
  port: port.default(9092),
  controllerPort: port.default(9093),
  hostPort: port.default(9094),
  memoryMiB: z.number().int().default(1024),
});

/** `needs.kafka` of a service. */
export const need = z.strictObject({
  publishes: z.array(z.string()).default([]),
  consumes: z.array(z.string()).default([]),
  group: z.string().min(1).optional(),
  /** False when its consumers die silently with the broker: it is then replaced after the broker. */
  reconnects: z.boolean().default(true),
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
    replicationFactor: z.number().int().min(1).default(3).describe("copies of each topic"),
    minInSyncReplicas: z
      .number()
      .int()
      .min(1)
      .default(2)
      .describe("copies that must have a record before it counts as written"),
    cidr: cidrField,
  })
  .describe("a Kafka cluster without credentials");

/** What is needed to use a Kafka cluster. */
export type Facts = z.output<typeof facts>;
export type Need = z.output<typeof need>;
export type Cluster = z.output<typeof cluster>;
export type External = z.output<typeof external>;
