import { readFileSync } from "node:fs";
import pg from "pg";
import { readPassword } from "../password-file.ts";
import type { Done } from "../store.ts";
import { untilAnswered } from "../until-answered.ts";
import type { PostgresPlan } from "./plan-schema.ts";
import { scramVerifier } from "./scram.ts";

const name = pg.escapeIdentifier;
const literal = pg.escapeLiteral;

/**
 * Creates what is missing of roles, databases and extensions and never drops anything. Services get plain owner
 * roles: only this program is superuser, so it makes the extensions that need one.
 */
export async function provision(plan: PostgresPlan): Promise<Done[]> {
  const done: Done[] = [];
  const admin = await connect(plan, plan.admin.database);
  try {
    for (const role of plan.roles) done.push(await provisionRole(admin, role));
    for (const database of plan.databases) done.push(await provisionDatabase(admin, database));
  } finally {
    await admin.end();
  }
  for (const database of plan.databases) {
    const inside = await connect(plan, database.name);
    try {
      await inside.query(`ALTER SCHEMA public OWNER TO ${name(database.owner)}`);
      for (const extension of database.extensions) {
        const known = await inside.query("SELECT 1 FROM pg_extension WHERE extname = $1", [extension]);
        await inside.query(`CREATE EXTENSION IF NOT EXISTS ${name(extension)}`);
        done.push({
          object: `extension ${extension} in ${database.name}`,
          result: known.rowCount === 0 ? "created" : "unchanged",
        });
      }
    } finally {
      await inside.end();
    }
  }
  return done;
}

async function connect(plan: PostgresPlan, database: string): Promise<pg.Client> {
  const password = readPassword(plan.admin.passwordFile);
  const attempt = async (): Promise<pg.Client> => {
    const client = new pg.Client({
      host: plan.host,
      port: plan.port,
      user: plan.admin.user,
      password,
      database,
      ...(plan.caFile !== undefined && { ssl: { ca: readFileSync(plan.caFile, "utf8") } }),
    });
    client.on("error", () => {});
    try {
      await client.connect();
      await client.query("SELECT 1");
      return client;
    } catch (error) {
      await client.end().catch(() => {});
      throw error;
    }
  };
  return untilAnswered(plan.waitSeconds, attempt, {
    // Source: PostgreSQL, Appendix A, class 28: invalid_password, invalid_authorization_specification.
    refused: (error) => ["28P01", "28000"].includes((error as { code?: string }).code ?? ""),
    passwordFile: plan.admin.passwordFile,
  });
}

async function provisionRole(admin: pg.Client, role: PostgresPlan["roles"][number]): Promise<Done> {
  const verifier = literal(scramVerifier(readPassword(role.passwordFile)));
  const rights = `LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD ${verifier}`;
  const known = await admin.query("SELECT 1 FROM pg_roles WHERE rolname = $1", [role.name]);
  await admin.query(`${known.rowCount === 0 ? "CREATE" : "ALTER"} ROLE ${name(role.name)} ${rights}`);
  await admin.query(
    role.idleInTransactionSeconds === undefined
      ? `ALTER ROLE ${name(role.name)} RESET idle_in_transaction_session_timeout`
      : `ALTER ROLE ${name(role.name)} SET idle_in_transaction_session_timeout = ${literal(`${role.idleInTransactionSeconds}s`)}`,
  );
  return { object: `role ${role.name}`, result: known.rowCount === 0 ? "created" : "unchanged" };
}

async function provisionDatabase(
  admin: pg.Client,
  database: PostgresPlan["databases"][number],
): Promise<Done> {
  const known = await admin.query<{ owner: string }>(
    "SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = $1",
    [database.name],
  );
  const owner = known.rows[0]?.owner;
  if (owner === undefined)
    await admin.query(`CREATE DATABASE ${name(database.name)} OWNER ${name(database.owner)}`);
  else if (owner !== database.owner)
    await admin.query(`ALTER DATABASE ${name(database.name)} OWNER TO ${name(database.owner)}`);
  await admin.query(`REVOKE CONNECT ON DATABASE ${name(database.name)} FROM PUBLIC`);
  return {
    object: `database ${database.name}`,
    result: owner === undefined ? "created" : owner === database.owner ? "unchanged" : "altered",
  };
}
