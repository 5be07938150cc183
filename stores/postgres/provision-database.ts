import pg from "pg";
import type { Done } from "../store.ts";
import type { PostgresPlan } from "./plan-schema.ts";
import { insufficientPrivilege } from "./provision-role.ts";

const name = pg.escapeIdentifier;
type Database = PostgresPlan["databases"][number];

/** Makes a database, or gives it to its owner; others than its owner cannot connect. */
export async function provisionDatabase(client: pg.Client, database: Database): Promise<Done> {
  const known = await client.query<{ owner: string }>(
    "SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = $1",
    [database.name],
  );
  const owner = known.rows[0]?.owner;
  if (owner === undefined)
    await client.query(`CREATE DATABASE ${name(database.name)} OWNER ${name(database.owner)}`);
  else if (owner !== database.owner)
    await client.query(`ALTER DATABASE ${name(database.name)} OWNER TO ${name(database.owner)}`);
  const open = await client.query<{ open: boolean }>(
    "SELECT has_database_privilege('public', $1, 'CONNECT') AS open",
    [database.name],
  );
  if (open.rows[0]?.open === true)
    await client.query(`REVOKE CONNECT ON DATABASE ${name(database.name)} FROM PUBLIC`);
  return {
    object: `database ${database.name}`,
    result: owner === undefined ? "created" : owner === database.owner ? "unchanged" : "altered",
  };
}

/** Gives the schema `public` to the database's owner; since PostgreSQL 15 it is whoever owns the database (`pg_database_owner`). */
export async function provisionSchema(inside: pg.Client, { owner }: Database): Promise<void> {
  const found = await inside.query<{ owner: string }>(
    "SELECT pg_get_userbyid(nspowner) AS owner FROM pg_namespace WHERE nspname = 'public'",
  );
  const present = found.rows[0]?.owner;
  if (present !== undefined && present !== owner && present !== "pg_database_owner")
    await inside.query(`ALTER SCHEMA public OWNER TO ${name(owner)}`);
}

interface Extension {
  readonly installed: string | null;
  readonly available: string;
  /** Whether the server knows the steps from the one to the other; an image that was put back knows none. */
  readonly path: boolean;
}

/**
 * Makes an extension, or brings it to the version that the server's files have: after an image update they are newer than what the
 * database was told of them.
 */
export async function provisionExtension(
  inside: pg.Client,
  extension: string,
  database: string,
): Promise<Done> {
  const object = `extension ${extension} in ${database}`;
  const found = await inside.query<Extension>(
    `SELECT installed_version AS installed, default_version AS available,
      EXISTS (SELECT FROM pg_extension_update_paths(name)
        WHERE source = installed_version AND target = default_version AND path IS NOT NULL) AS path
      FROM pg_available_extensions WHERE name = $1`,
    [extension],
  );
  const known = found.rows[0];
  if (known === undefined)
    throw new Error(
      `${object}: the server does not have its files; fix: an image or an offer that has ${extension}`,
    );
  if (known.installed === null) {
    await inside.query(`CREATE EXTENSION IF NOT EXISTS ${name(extension)}`).catch((error) => {
      if (error.code !== insufficientPrivilege) throw error;
      throw new Error(
        `${object}: ${error.message}; fix: as a superuser, CREATE EXTENSION ${name(extension)} in ${database}`,
        { cause: error },
      );
    });
    return { object, result: "created" };
  }
  if (known.installed === known.available) return { object, result: "unchanged" };
  const stays = (why: string): Done => ({
    object,
    result: "unchanged",
    note: `it stays ${known.installed}, the server has ${known.available}: ${why}`,
  });
  if (!known.path) return stays("there is no way from the one to the other");
  try {
    await inside.query(`ALTER EXTENSION ${name(extension)} UPDATE`);
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    // The old version serves; a platform that does not come up is worse.
    if (code === insufficientPrivilege)
      return stays(`${message}; as a superuser, ALTER EXTENSION ${name(extension)} UPDATE in ${database}`);
    throw error;
  }
  return { object, result: "altered", note: `from ${known.installed} to ${known.available}` };
}
