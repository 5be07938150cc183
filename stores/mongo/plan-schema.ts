import { z } from "zod";
import { admin, identifier, waitSeconds } from "../plan-fields.ts";

/** The set, users and indexes that a MongoDB server shall have. */
export const planSchema = z.strictObject({
  kind: z.literal("mongo"),
  host: z.string().min(1),
  port: z.number().int(),
  admin: z.strictObject(admin),
  caFile: z.string().min(1).optional(),
  /** Members as host:port, the first one initiates; without it the server stands alone. */
  replicaSet: z
    .strictObject({
      name: identifier,
      members: z.array(z.string().min(1)).min(1),
      /** Members that there were, or may have been. */
      leaving: z.array(z.string().min(1)).default([]),
    })
    .optional(),
  waitSeconds,
  /** What is brought about: all that is declared, or that members can go. */
  step: z.literal(["provision", "retire"]).default("provision"),
  /** How long a first sync may take, seconds. */
  moveSeconds: z.number().int().min(1).default(240),
  /** Whether nobody else has users and databases on the server. */
  alone: z.boolean().default(false),
  users: z.array(
    z.strictObject({
      name: identifier,
      passwordFile: z.string().min(1),
      /** Names it had before. */
      renamedFrom: z.array(identifier).default([]),
      database: identifier,
    }),
  ),
  /** The login of the exporter; where nobody else uses the server and none is wanted, it goes. */
  monitor: z.strictObject({ name: identifier, passwordFile: z.string().min(1) }).optional(),
  indexes: z.array(
    z.strictObject({
      database: identifier,
      collection: z.string().min(1),
      keys: z.array(z.tuple([z.string(), z.literal([1, -1])])),
    }),
  ),
});

/** A plan as it was read, every default filled in. */
export type MongoPlan = z.output<typeof planSchema>;
/** A plan as it is written. */
export type MongoPlanInput = z.input<typeof planSchema>;
