import pg from "pg";
import { monitorName, roleName } from "../../core/names.ts";
import type { Done } from "../store.ts";
import type { PostgresPlan } from "./plan-schema.ts";
import { type Admin, provisionRole } from "./provision-role.ts";

/** At once: one that scrapes, and one that takes its place. */
const mostConnections = 4;

/**
 * Makes the login of the exporter, which reads figures and no table (PostgreSQL, "Predefined Roles", pg_monitor), or takes it away
 * where none is wanted: it owns nothing. On a server that others use as well, nothing of that name is the platform's.
 */
export async function provisionMonitor(
  admin: Admin,
  { monitor, alone }: Pick<PostgresPlan, "monitor" | "alone">,
): Promise<Done[]> {
  const { client } = admin;
  if (monitor !== undefined) {
    const done = await provisionRole(admin, monitor);
    const role = pg.escapeIdentifier(monitor.name);
    await client.query(`ALTER ROLE ${role} CONNECTION LIMIT ${mostConnections}`);
    await client.query(`GRANT pg_monitor TO ${role}`);
    return [done];
  }
  const former = roleName(monitorName);
  if (!alone) return [];
  const { rowCount } = await client.query("SELECT FROM pg_roles WHERE rolname = $1", [former]);
  if (rowCount === 0) return [];
  // Its exporter may still be there, and would be told of each figure that its login is no more.
  await client.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1", [former]);
  await client.query(`DROP ROLE ${pg.escapeIdentifier(former)}`);
  return [{ object: `role ${former}`, result: "altered", note: "dropped: no exporter runs any more" }];
}
