import { z } from "zod";

const identifier = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/, "must be an identifier");
const admin = { user: identifier, passwordFile: z.string().min(1) };
const waitSeconds = z.number().int().min(1).default(60);

const postgresPlan = z.strictObject({
  kind: z.literal("postgres"),
  host: z.string().min(1),
  port: z.number().int(),
  admin: z.strictObject({ ...admin, database: identifier }),
  /** Certificate to verify the server by; without it the connection is in plain text. */
  caFile: z.string().min(1).optional(),
  waitSeconds,
  roles: z.array(
    z.strictObject({
      name: identifier,
      passwordFile: z.string().min(1),
      idleInTransactionSeconds: z.number().int().optional(),
    }),
  ),
  databases: z.array(
    z.strictObject({ name: identifier, owner: identifier, extensions: z.array(identifier) }),
  ),
});

const mongoPlan = z.strictObject({
  kind: z.literal("mongo"),
  host: z.string().min(1),
  port: z.number().int(),
  admin: z.strictObject(admin),
  caFile: z.string().min(1).optional(),
  /** Members as host:port, the first one initiates; without it the server stands alone. */
  replicaSet: z.strictObject({ name: identifier, members: z.array(z.string().min(1)).min(1) }).optional(),
  waitSeconds,
  users: z.array(z.strictObject({ name: identifier, passwordFile: z.string().min(1), database: identifier })),
  indexes: z.array(
    z.strictObject({
      database: identifier,
      collection: z.string().min(1),
      keys: z.array(z.tuple([z.string(), z.literal([1, -1])])),
    }),
  ),
});

const kafkaPlan = z.strictObject({
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

/** The state that one store shall have; nothing in it is secret, passwords are named by file. */
export const planSchema = z.discriminatedUnion("kind", [postgresPlan, mongoPlan, kafkaPlan]);

export type PostgresPlan = z.output<typeof postgresPlan>;
export type MongoPlan = z.output<typeof mongoPlan>;
export type KafkaPlan = z.output<typeof kafkaPlan>;
/** What is handed to the provisioner, before defaults are filled in. */
export type Plan = z.input<typeof planSchema>;

/** What was done to one object of a store. */
export interface Done {
  readonly object: string;
  readonly result: "created" | "altered" | "unchanged";
}
