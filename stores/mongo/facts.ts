import { z } from "zod";
import { certificate, port } from "../../core/fields.ts";
import { cidrField, cpuField, databaseField, outsideFields, volumeField } from "../fields.ts";
import { foreignName } from "../plan-fields.ts";

/** `stores.mongo` of the definition. */
export const facts = z.strictObject({
  port: port.default(27017),
  memoryMiB: z.number().int().default(512),
});

/** `needs.mongo` of a service. */
export const need = z.strictObject({
  database: databaseField,
  /** Indexes the service queries by but never creates: field and direction. */
  indexes: z
    .array(
      z.strictObject({
        collection: z.string(),
        keys: z.array(z.tuple([z.string(), z.literal([1, -1])])),
      }),
    )
    .default([]),
});

/** `platform:kubernetes.mongo`. */
export const cluster = z.strictObject({
  members: z.literal([1, 3]).default(3).describe("of the replica set"),
  volume: volumeField("10Gi"),
  cpu: cpuField("250m"),
});

/** `platform:external.mongo`. */
export const external = z
  .strictObject({
    ...outsideFields(27017),
    adminUser: foreignName.default("admin").describe("user of the database admin that may create users"),
    ca: certificate.optional().describe("authority of the server's certificate, for provisioner and backups"),
    cidr: cidrField,
  })
  .describe("a MongoDB server");

/** What is needed to use a MongoDB server or set. */
export type Facts = z.output<typeof facts>;
export type Need = z.output<typeof need>;
export type Cluster = z.output<typeof cluster>;
export type External = z.output<typeof external>;
