import pg from "pg";
import type { Done } from "../store.ts";
import type { PostgresPlan } from "./plan-schema.ts";

const name = pg.escapeIdentifier;
type Role = PostgresPlan["roles"][number];

const existing = async (client: pg.Client, roles: readonly string[]): Promise<string[]> =>
  (
    await client.query<{ role: string }>(
      "SELECT rolname AS role FROM pg_roles WHERE rolname = ANY($1) ORDER BY array_position($1, rolname::text)",
      [roles],
    )
  ).rows.map(({ role }) => role);

/**
 * Refuses databases that a role owns which the plan does not know: whoever is given such a database could not read a table in it.
 * What the administrator or a superuser has made is free.
 * @throws before anything is changed.
 */
export async function refuseStrangers(client: pg.Client, { roles, databases }: PostgresPlan): Promise<void> {
  const { rows } = await client.query<{ database: string; owner: string }>(
    `SELECT datname AS database, rolname AS owner FROM pg_database JOIN pg_roles ON pg_roles.oid = datdba
      WHERE datname = ANY($1) AND NOT rolsuper AND rolname <> current_user`,
    [databases.map((database) => database.name)],
  );
  for (const { database, owner } of rows) {
    const wanted = databases.find((one) => one.name === database)?.owner ?? "";
    const former = roles.find((role) => role.name === wanted)?.renamedFrom ?? [];
    if (owner !== wanted && !former.includes(owner))
      throw new Error(
        `database ${database} and what is in it belong to the role ${owner}, not to ${wanted}; fix: where the service was called so, ` +
          `renamedFrom: ["${owner.replaceAll("_", "-")}"] in its definition; else another database in its needs.postgres`,
      );
  }
}

/** Renames the role of a service that had another name: with it goes all that it owns. */
export async function renameRole(client: pg.Client, role: Role): Promise<Done[]> {
  if (role.renamedFrom.length === 0 || (await existing(client, [role.name])).length > 0) return [];
  const [former] = await existing(client, role.renamedFrom);
  if (former === undefined) return [];
  await client.query(`ALTER ROLE ${name(former)} RENAME TO ${name(role.name)}`);
  return [{ object: `role ${role.name}`, result: "altered", note: `it was ${former}` }];
}

/** Gives to a service what its former role owns in its database, where both roles are there: the new one was made before it was said. */
export async function takeOver(
  inside: pg.Client,
  { roles }: PostgresPlan,
  { owner }: PostgresPlan["databases"][number],
): Promise<void> {
  const former = roles.find((role) => role.name === owner)?.renamedFrom ?? [];
  for (const role of await existing(inside, former))
    await inside.query(`REASSIGN OWNED BY ${name(role)} TO ${name(owner)}`);
}

/** Databases that no service uses any more: nothing is dropped, and that is said. */
export async function leftBehind(client: pg.Client, { roles, databases }: PostgresPlan): Promise<Done[]> {
  const { rows } = await client.query<{ database: string; owner: string }>(
    `SELECT datname AS database, rolname AS owner FROM pg_database JOIN pg_roles ON pg_roles.oid = datdba
      WHERE NOT datistemplate AND NOT rolsuper AND datname <> ALL($1)
      AND datname !~ '^beat_drill$|_restore_[0-9]{8}t[0-9]{6}z$' ORDER BY datname`,
    // What a drill or a restore is making goes by itself.
    [databases.map((database) => database.name)],
  );
  const used = (owner: string) => roles.some((role) => role.name === owner);
  return rows.map(({ database, owner }) => ({
    object: `database ${database}`,
    result: "unchanged",
    note: `no service uses it any more, and it stays; to drop it: DROP DATABASE ${name(database)}${used(owner) ? "" : `; DROP ROLE ${name(owner)}`}`,
  }));
}
