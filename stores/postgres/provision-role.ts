import pg from "pg";
import { readPassword } from "../password-file.ts";
import type { Done } from "../store.ts";
import type { PostgresPlan } from "./plan-schema.ts";
import { scramVerifier } from "./scram.ts";

const name = pg.escapeIdentifier;
const literal = pg.escapeLiteral;

/** Who prepares the server. On a managed one it is no superuser: it may make roles and databases, and little else. */
export interface Admin {
  readonly client: pg.Client;
  readonly superuser: boolean;
  /** The server's version, e.g. 170004. */
  readonly version: number;
}

/** What an administrator may do is found out once. */
export async function adminOf(client: pg.Client): Promise<Admin> {
  const { rows } = await client.query<{ superuser: boolean; version: number }>(
    "SELECT rolsuper AS superuser, current_setting('server_version_num')::int AS version FROM pg_roles WHERE rolname = current_user",
  );
  const [found] = rows;
  if (found === undefined) throw new Error("the server does not say whose session this is");
  return { client, ...found };
}

/** Attributes that a service's role has, by the column that tells them. */
const attributes = {
  rolcanlogin: { is: true, say: "LOGIN" },
  rolsuper: { is: false, say: "NOSUPERUSER" },
  rolcreatedb: { is: false, say: "NOCREATEDB" },
  rolcreaterole: { is: false, say: "NOCREATEROLE" },
} as const;
type Attribute = keyof typeof attributes;
type Role = Readonly<Record<Attribute, boolean>> & { readonly settings: string[] | null };

/**
 * Makes a role, or brings it to what it shall be. Only attributes that differ are said: to name `NOSUPERUSER` takes a superuser, even
 * where the role is none. Source: PostgreSQL, ALTER ROLE.
 */
export async function provisionRole(
  admin: Admin,
  role: Omit<PostgresPlan["roles"][number], "renamedFrom">,
): Promise<Done> {
  const { client } = admin;
  const found = await client.query<Role>(
    `SELECT ${Object.keys(attributes).join(", ")}, rolconfig AS settings FROM pg_roles WHERE rolname = $1`,
    [role.name],
  );
  const known = found.rows[0];
  const password = `PASSWORD ${literal(scramVerifier(readPassword(role.passwordFile)))}`;
  if (known === undefined) await client.query(`CREATE ROLE ${name(role.name)} LOGIN ${password}`);
  else {
    const differing = (Object.keys(attributes) as Attribute[])
      .filter((attribute) => known[attribute] !== attributes[attribute].is)
      .map((attribute) => attributes[attribute].say);
    await client
      .query(`ALTER ROLE ${name(role.name)} ${[...differing, password].join(" ")}`)
      .catch((error) => refuseRole(error, role.name));
  }
  await joinRole(admin, role.name);
  await setIdleTimeout(client, role, known?.settings ?? []);
  return { object: `role ${role.name}`, result: known === undefined ? "created" : "unchanged" };
}

/**
 * Makes an administrator who is no superuser a member of a role: only then it may give that role a database, and read what is in it.
 * Since PostgreSQL 16 who makes a role may grant it, and has no other right by it. Source: PostgreSQL 16, "Role Attributes", createrole.
 */
async function joinRole({ client, superuser, version }: Admin, role: string): Promise<void> {
  if (superuser) return;
  const asks = version >= 160_000 ? ["SET", "USAGE"] : ["USAGE"];
  const isMember = async (): Promise<boolean> => {
    const { rows } = await client.query<{ member: boolean }>(
      `SELECT ${asks.map((ask) => `pg_has_role($1, ${literal(ask)})`).join(" AND ")} AS member`,
      [role],
    );
    return rows[0]?.member === true;
  };
  if (await isMember()) return;
  const options = version >= 160_000 ? " WITH INHERIT TRUE, SET TRUE" : "";
  await client
    .query(`GRANT ${name(role)} TO CURRENT_USER${options}`)
    .catch((error) => refuseRole(error, role));
  // Before PostgreSQL 16 the member itself says whether it inherits.
  if (!(await isMember()))
    throw new Error(
      `the administrator does not inherit the rights of ${role}; fix: as a superuser, ALTER ROLE ${await me(client)} INHERIT`,
    );
}

/** @throws the server's error, with what mends it where somebody else's role is in the way. */
async function refuseRole(error: { readonly code?: string; readonly message: string }, role: string) {
  if (error.code !== insufficientPrivilege) throw error;
  throw new Error(
    `${error.message}: somebody else has made the role ${role}; fix: as a superuser, GRANT ${name(role)} TO the administrator WITH ADMIN OPTION`,
    { cause: error },
  );
}

/** Source: PostgreSQL, Appendix A, insufficient_privilege. */
export const insufficientPrivilege = "42501";

async function me(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ me: string }>("SELECT quote_ident(current_user) AS me");
  return rows[0]?.me ?? "";
}

const timeout = "idle_in_transaction_session_timeout";

async function setIdleTimeout(
  client: pg.Client,
  { name: role, idleInTransactionSeconds: seconds }: Omit<PostgresPlan["roles"][number], "renamedFrom">,
  settings: readonly string[],
): Promise<void> {
  const present = settings.find((setting) => setting.startsWith(`${timeout}=`));
  const wanted = seconds === undefined ? undefined : `${timeout}=${seconds}s`;
  if (present === wanted) return;
  await client.query(
    seconds === undefined
      ? `ALTER ROLE ${name(role)} RESET ${timeout}`
      : `ALTER ROLE ${name(role)} SET ${timeout} = ${literal(`${seconds}s`)}`,
  );
}
