import { z } from "zod";
import { memory, seconds } from "../../core/bounds.ts";
import { port } from "../../core/fields.ts";
import type { EnvValue } from "../../core/value.ts";
import { eachStore, type StoreKind, type StoreOf } from "../../stores/index.ts";
import { topicName, topicSchema } from "../../stores/topics.ts";
import { type Needs, type RefsOf, type ServiceDefinition, serviceName, serviceSchema } from "./service.ts";
import { journeySchema } from "./verify.ts";

/** The stores of a platform and what each may be tuned by; one that is left out is not part of it. */
export const storesSchema = z.strictObject(
  eachStore(({ facts }) => facts.optional()) as {
    readonly [K in StoreKind]: z.ZodOptional<StoreOf<K>["facts"]>;
  },
);

/** The whole definition except the environment functions, which no schema can check. */
export const platformSchema = z.strictObject({
  name: z.string().regex(/^[a-z]([a-z0-9-]{0,29}[a-z0-9])?$/, "must be a short DNS label"),
  stores: storesSchema,
  topics: z.record(topicName, topicSchema),
  services: z.record(serviceName, serviceSchema),
  gateway: z.strictObject({
    port: port.default(9000),
    memoryMiB: memory(64).default(192),
    stopGraceSeconds: seconds(1).default(30),
  }),
  /** What `./beat verify --journey` does as a user of the platform would. */
  journey: journeySchema.optional(),
});

/** A validated service with its environment function. */
export interface ServiceModel extends ServiceDefinition {
  readonly name: string;
  readonly env: (refs: never) => Readonly<Record<string, EnvValue>>;
}

/** The platform as everything derived from it sees it: plain, complete and frozen. */
export interface PlatformModel extends Omit<z.output<typeof platformSchema>, "services"> {
  readonly services: Readonly<Record<string, ServiceModel>>;
}

/** The references a service may receive, whatever it asked for; see `environment.ts`. */
export type AnyRefs = RefsOf<Needs>;
