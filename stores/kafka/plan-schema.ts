import { z } from "zod";
import { waitSeconds } from "../plan-fields.ts";

/** The topics that a Kafka cluster shall have. */
export const planSchema = z.strictObject({
  kind: z.literal("kafka"),
  bootstrap: z.array(z.string().min(1)).min(1),
  waitSeconds,
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
