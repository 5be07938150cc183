import { z } from "zod";
import { waitSeconds } from "../plan-fields.ts";

/** The topics that a Kafka cluster shall have. */
export const planSchema = z.strictObject({
  kind: z.literal("kafka"),
  bootstrap: z.array(z.string().min(1)).min(1),
  waitSeconds,
  /** What is brought about: all that is declared, or that brokers can go. */
  step: z.literal(["provision", "retire"]).default("provision"),
  /** How long copies may take to be made, seconds. */
  moveSeconds: z.number().int().min(1).default(240),
  /** Set when the brokers are the platform's own: they then hold Kafka's own topics alike. */
  own: z
    .strictObject({
      brokers: z.array(z.number().int()).min(1),
      minInSyncReplicas: z.number().int().min(1),
      /** Brokers that there were, or may have been. */
      leaving: z.array(z.strictObject({ id: z.number().int(), host: z.string().min(1) })).default([]),
    })
    .optional(),
  topics: z.array(
    z.strictObject({
      name: z.string().min(1),
      partitions: z.number().int(),
      replicationFactor: z.number().int(),
      configs: z.record(z.string(), z.string()).default({}),
    }),
  ),
});

/** A plan as it was read, every default filled in. */
export type KafkaPlan = z.output<typeof planSchema>;
/** A plan as it is written. */
export type KafkaPlanInput = z.input<typeof planSchema>;
