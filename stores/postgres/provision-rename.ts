import pg from "pg";
import type { Done } from "../store.ts";
import type { PostgresPlan } from "./plan-schema.ts";

const name = pg.escapeIdentifier;
const literal = pg.escapeLiteral;
type Database = PostgresPlan["databases"][number];

/** Databases that a restore or a drill makes, and what a restore has kept. */
const ofBackups = /^beat_drill$|_(before|restore)_[0-9]{8}t[0-9]{6}z$/;

/**
 * Refuses a new database for a service that has another one which nobody uses: it would start empty, beside its data, without a
 * word. A former name says which one it was.
 * @throws before anything is changed.
 */
export async function refuseEmpty(client: pg.Client, { roles, databases }: PostgresPlan): Promise<void> {
  const there = await client.query<{ database: string; owner: string }>(
    "SELECT datname AS database, pg_get_userbyid(datdba) AS owner FROM pg_database",
  );
  const known = new Map(there.rows.map(({ database, owner }) => [database, owner]));
  for (const { name: wanted, owner, renamedFrom } of databases) {
    const owners = [owner, ...(roles.find((role) => role.name === owner)?.renamedFrom ?? [])];
    const isTheirs = (database: string): boolean => owners.includes(known.get(database) ?? "");
    const former = renamedFrom.find((one) => known.has(one));
    const create = `CREATE DATABASE ${name(wanted)} OWNER ${name(owner)}`;
    if (known.has(wanted)) {
      if (former !== undefined && isTheirs(wanted) && isTheirs(former))
        throw new Error(
          `databases ${wanted} and ${former} are both there, and the one was called as the other; fix: where ${wanted} is the empty one, DROP DATABASE ${name(wanted)}; ` +
            `else take "${former}" out of renamedFrom in needs.postgres`,
        );
      continue;
    }
    if (former !== undefined) {
      if (!isTheirs(former) && !(await isFree(client, former)))
        throw new Error(
          `database ${former} belongs to the role ${known.get(former)}, not to ${owner}; fix: take "${former}" out of renamedFrom in needs.postgres`,
        );
      continue;
    }
    const [other] = [...known.keys()].filter(
      (one) => isTheirs(one) && !databases.some((database) => database.name === one) && !ofBackups.test(one),
    );
    if (other !== undefined)
      throw new Error(
        `database ${wanted} is not there, and ${owner} has the database ${other}, which no service uses any more: it would start empty; ` +
          `fix: where it was called so, renamedFrom: ["${other}"] in its needs.postgres; to start empty beside it, ${create}`,
      );
  }
}

/** Whether the administrator or a superuser has made a database. */
async function isFree(client: pg.Client, database: string): Promise<boolean> {
  const { rows } = await client.query<{ free: boolean }>(
    "SELECT rolsuper OR rolname = current_user AS free FROM pg_database JOIN pg_roles ON pg_roles.oid = datdba WHERE datname = $1",
    [database],
  );
  return rows[0]?.free === true;
}

/** Renames the database of a service that had another name, with what is in it. Its clients are cut off; nobody may connect meanwhile. */
export async function renameDatabase(client: pg.Client, database: Database): Promise<Done[]> {
  if (database.renamedFrom.length === 0) return [];
  const { rows } = await client.query<{ found: string }>(
    "SELECT datname AS found FROM pg_database WHERE datname = ANY($1) ORDER BY array_position($1, datname::text)",
    [[database.name, ...database.renamedFrom]],
  );
  const former = rows[0]?.found;
  if (former === undefined || former === database.name) return [];
  const allow = (one: string, connections: boolean) =>
    `ALTER DATABASE ${name(one)} WITH ALLOW_CONNECTIONS ${connections}`;
  try {
    // One message, which the server carries out whatever becomes of this program.
    await client.query(
      `BEGIN; ${allow(former, false)}; COMMIT;
      SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity WHERE datname = ${literal(former)};
      ALTER DATABASE ${name(former)} RENAME TO ${name(database.name)}; ${allow(database.name, true)}`,
    );
  } catch (error) {
    await client.query(allow(former, true));
    throw error;
  }
  return [{ object: `database ${database.name}`, result: "altered", note: `it was ${former}` }];
}
