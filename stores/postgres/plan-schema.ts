import { z } from "zod";
import { admin, extensionName, foreignName, identifier, waitSeconds } from "../plan-fields.ts";

/** The roles, databases and extensions that a PostgreSQL server shall have. */
export const planSchema = z.strictObject({
  kind: z.literal("postgres"),
  host: z.string().min(1),
  port: z.number().int(),
  admin: z.strictObject({ ...admin, database: foreignName }),
  /** Certificate to verify the server by; without it the connection is in plain text. */
  caFile: z.string().min(1).optional(),
  waitSeconds,
  /** Whether nobody else has databases on the server. */
  alone: z.boolean().default(false),
  roles: z.array(
    z.strictObject({
      name: identifier,
      passwordFile: z.string().min(1),
      /** Names it had before. */
      renamedFrom: z.array(identifier).default([]),
      idleInTransactionSeconds: z.number().int().optional(),
    }),
  ),
  /** The login of the exporter; where nobody else uses the server and none is wanted, it goes. */
  monitor: z.strictObject({ name: identifier, passwordFile: z.string().min(1) }).optional(),
  databases: z.array(
    z.strictObject({
      name: identifier,
      owner: identifier,
      extensions: z.array(extensionName),
      /** Names it had before. */
      renamedFrom: z.array(identifier).default([]),
    }),
  ),
});

/** A plan as it was read, every default filled in. */
export type PostgresPlan = z.output<typeof planSchema>;
/** A plan as it is written. */
export type PostgresPlanInput = z.input<typeof planSchema>;
