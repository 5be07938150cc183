import { z } from "zod";

/** What the watch is told through its environment. */
const watchSchema = z.strictObject({
  /** Kafka, host:port. */
  bootstrap: z.string().min(1),
  /** Consumer group that the service beside it belongs to. */
  group: z.string().min(1),
  /** The service's name, for its metrics; default: its host. */
  service: z.string().min(1).optional(),
  /** Topics that the service is declared to read, for its metrics. */
  topics: z
    .string()
    .transform((list) => list.split(","))
    .default([]),
  /** The pod's address: the member that is looked for connects from there. Needed without {@link Watch.host}. */
  address: z.string().min(1).optional(),
  /** The service's host, where the watch does not share its address: looked up at each look. */
  host: z.string().min(1).optional(),
  /** Port of the service beside it. */
  servicePort: z.coerce.number().int(),
  /** Port that answers GET /live. */
  port: z.coerce.number().int(),
  /** Longest time without a member until the service counts as dead, seconds: a rebalance takes less. */
  patienceSeconds: z.coerce.number().int().min(1).default(30),
  /** Longest time that records wait while the group gets no further, seconds; longer after each time that it was to blame. */
  stallSeconds: z.coerce.number().int().min(1).default(40),
  /** Whether the consumer ends whenever Kafka goes away, and never begins again by itself. */
  endsWithBroker: z.stringbool().default(false),
  /** Longest time that the service's port may be closed until GET /live says so, seconds: work may keep it from accepting. */
  closedSeconds: z.coerce.number().int().min(0).default(45),
});
/** What a watch is told of the consumer that it watches, read from its environment. */
export type Watch = z.output<typeof watchSchema>;

/** Reads the watch from environment variables WATCH_*. @throws a ZodError. */
export const readWatch = (env: Readonly<Record<string, string | undefined>>): Watch =>
  watchSchema.parse({
    bootstrap: env.WATCH_BOOTSTRAP,
    group: env.WATCH_GROUP,
    service: env.WATCH_SERVICE,
    topics: env.WATCH_TOPICS,
    address: env.WATCH_ADDRESS,
    host: env.WATCH_HOST,
    servicePort: env.WATCH_SERVICE_PORT,
    port: env.WATCH_PORT,
    ...(env.WATCH_PATIENCE_SECONDS !== undefined && { patienceSeconds: env.WATCH_PATIENCE_SECONDS }),
    ...(env.WATCH_STALL_SECONDS !== undefined && { stallSeconds: env.WATCH_STALL_SECONDS }),
    ...(env.WATCH_ENDS_WITH_BROKER !== undefined && { endsWithBroker: env.WATCH_ENDS_WITH_BROKER }),
    ...(env.WATCH_CLOSED_SECONDS !== undefined && { closedSeconds: env.WATCH_CLOSED_SECONDS }),
  });
