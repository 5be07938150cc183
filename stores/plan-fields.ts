import { z } from "zod";

/** A name that a server takes without quotes. */
export const identifier = z
  .string()
  .regex(
    /^[A-Za-z_][A-Za-z0-9_]{0,62}$/,
    "must be an identifier: letters, digits and '_', not beginning with a digit, at most 63 characters",
  );
/**
 * The name of an extension, in lower case as its files are; it always stands in quotes. `-` is legal within: `uuid-ossp`.
 * Source: PostgreSQL, check_valid_extension_name.
 */
export const extensionName = z
  .string()
  .regex(
    /^(?!.{64})[a-z_][a-z0-9_]*(-[a-z0-9_]+)*$/,
    "must be the name of an extension: lower-case letters, digits, '_' and '-', at most 63 characters",
  );
/** A login or a database that somebody else has named. It always stands in quotes, so only what no file or script can hold is refused. */
export const foreignName = z
  .string()
  .regex(
    /^[\x21-\x7e]([\x20-\x7e]{0,61}[\x21-\x7e])?$/,
    "must be 1 to 63 printable ASCII characters, with no space at either end",
  );
/** By whom a store is prepared: nothing in a plan is secret, passwords are named by file. */
export const admin = { user: foreignName, passwordFile: z.string().min(1) };
/** How long a store may take until it answers, seconds. */
export const waitSeconds = z.number().int().min(1).default(60);
