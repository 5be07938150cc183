import { z } from "zod";
import { memory } from "../../core/bounds.ts";
import { certificate, port } from "../../core/fields.ts";
import { uniqueList, validText } from "../../core/validation.ts";
import { cidrField, cpuField, databaseField, outsideFields, volumeField } from "../fields.ts";
import { foreignName } from "../plan-fields.ts";
import { validateCollection, validateIndexedField } from "./names.ts";

/** `stores.mongo` of the definition. */
export const facts = z.strictObject({
  port: port.default(27017),
  /** Its cache has 256 MiB at least. */
  memoryMiB: memory(384).default(512),
});

const mostIndexes = 64;
const countOf = (indexes: readonly { readonly collection: string }[], collection: string): number =>
  indexes.filter((index) => index.collection === collection).length;

/** `needs.mongo` of a service. */
export const need = z.strictObject({
  database: databaseField,
  /** Indexes the service queries by but never creates: field and direction. */
  indexes: uniqueList(
    z.strictObject({
      collection: validText(validateCollection),
      // Source: MongoDB, "MongoDB Limits and Thresholds": fields of a compound index, indexes of a collection.
      keys: uniqueList(z.tuple([validText(validateIndexedField), z.literal([1, -1])]), ([field]) => field)
        .min(1)
        .max(32)
        .refine(
          (keys) => keys.length > 1 || keys[0]?.[0] !== "_id",
          "must not be _id alone: every collection has that index",
        ),
    }),
  )
    .refine(
      (indexes) => indexes.every(({ collection }) => countOf(indexes, collection) < mostIndexes),
      `must be fewer than ${mostIndexes} of one collection, with the one of _id`,
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
/** What a service asks of it, complete. */
export type Need = z.output<typeof need>;
/** What a stack sets of it on a cluster, complete. */
export type Cluster = z.output<typeof cluster>;
/** Where a stack finds one that somebody else runs, complete. */
export type External = z.output<typeof external>;
