import { z } from "zod";
import { memory, timerSeconds } from "../../core/bounds.ts";
import { certificate, port } from "../../core/fields.ts";
import { uniqueList } from "../../core/validation.ts";
import { cidrField, cpuField, databaseField, outsideFields, volumeField } from "../fields.ts";
import { extensionName, foreignName } from "../plan-fields.ts";

/** `stores.postgres` of the definition. */
export const facts = z.strictObject({
  port: port.default(5432),
  /** All three services pool without much restraint. */
  maxConnections: z.number().int().min(20).max(100_000).default(300),
  memoryMiB: memory(64).default(512),
  /** Size of /dev/shm, part of the memory: parallel queries share it. Default: 256, or half of less than 512 MiB of memory. */
  sharedMemoryMiB: memory(64).optional(),
});

/** `needs.postgres` of a service. */
export const need = z.strictObject({
  database: databaseField,
  /** Names that the database had before: it is renamed, with what is in it. */
  renamedFrom: uniqueList(databaseField).optional(),
  extensions: uniqueList(extensionName).default([]),
  /** Ends sessions that a leaking service leaves inside a transaction, seconds. */
  idleInTransactionSeconds: timerSeconds.optional(),
});

/** `platform:kubernetes.postgres`. */
export const cluster = z.strictObject({ volume: volumeField("20Gi"), cpu: cpuField("250m") });

/** `platform:external.postgres`. */
export const external = z
  .strictObject({
    ...outsideFields(5432),
    adminUser: foreignName
      .default("postgres")
      .describe("role that may create roles, databases and extensions"),
    adminDatabase: foreignName.default("postgres").describe("database that it connects to"),
    ca: certificate
      .optional()
      .describe(
        "with it the provisioner and the backups verify the server's certificate; the services speak plain text",
      ),
    cidr: cidrField,
  })
  .describe("a PostgreSQL server with PostGIS");

/** What is needed to use a PostgreSQL server. */
export type Facts = z.output<typeof facts>;
/** What a service asks of it, complete. */
export type Need = z.output<typeof need>;
/** What a stack sets of it on a cluster, complete. */
export type Cluster = z.output<typeof cluster>;
/** Where a stack finds one that somebody else runs, complete. */
export type External = z.output<typeof external>;
