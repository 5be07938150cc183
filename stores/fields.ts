import { z } from "zod";
import { cidr, cpu, host, port, quantity } from "../core/fields.ts";
import { validText } from "../core/validation.ts";

/** The volume of each member on a cluster. @param size where a stack says nothing. @param more what else is said of it. */
export const volumeField = <More extends z.core.$ZodShape = Record<never, never>>(
  size: string,
  more: More = {} as More,
) =>
  z
    .strictObject({
      size: quantity
        .default(size)
        .describe("of each member; may grow later where the class allows it, never shrink"),
      ...more,
    })
    .prefault({} as never);

/** What each member on a cluster asks of a processor. */
export const cpuField = (request: string) => cpu.default(request).describe("CPU request of each member");

/** Where a server is that somebody else runs. @param defaultPort its port where a stack says nothing. */
export const outsideFields = (defaultPort: number) => ({
  host: host.describe("name or address of the server"),
  port: port.default(defaultPort).describe("its port"),
});

/** Addresses of a server that somebody else runs. */
export const cidrField = cidr
  .optional()
  .describe("addresses of the server, for the network policy; default: any address, at that port alone");

/** A database of a service's own. */
export const databaseField = validText((text) => {
  if (/^[a-z][a-z0-9_]{0,62}$/.test(text)) return undefined;
  const message = "must be an SQL identifier: lower-case letters, digits and '_', at most 63 characters";
  const write = text.toLowerCase().replaceAll("-", "_");
  return /^[a-z][a-z0-9_]{0,62}$/.test(write) ? { message, write } : message;
});
