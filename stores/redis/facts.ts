import { z } from "zod";
import { memory } from "../../core/bounds.ts";
import { port } from "../../core/fields.ts";
import { cidrField, cpuField, outsideFields, volumeField } from "../fields.ts";

/** `stores.redis` of the definition. */
export const facts = z.strictObject({
  port: port.default(6379),
  memoryMiB: memory(32).default(256),
});

/** `needs.redis` of a service. */
export const need = z.strictObject({ database: z.number().int().min(0).max(15).default(0) });

/** `platform:kubernetes.redis`. */
export const cluster = z.strictObject({ volume: volumeField("5Gi"), cpu: cpuField("100m") });

/** `platform:external.redis`. */
export const external = z
  .strictObject({ ...outsideFields(6379), cidr: cidrField })
  .describe("a Redis server without a password");

/** What is needed to use a Redis server. */
export type Facts = z.output<typeof facts>;
/** What a stack sets of it on a cluster, complete. */
export type Cluster = z.output<typeof cluster>;
/** What a service asks of it, complete. */
export type Need = z.output<typeof need>;
/** Where a stack finds one that somebody else runs, complete. */
export type External = z.output<typeof external>;
