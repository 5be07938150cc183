import { readFileSync } from "node:fs";
import pg from "pg";
import { readPassword } from "../password-file.ts";
import { retryUntilAnswered } from "../retry-until-answered.ts";
import type { Done } from "../store.ts";
import type { PostgresPlan } from "./plan-schema.ts";
import { provisionDatabase, provisionExtension, provisionSchema } from "./provision-database.ts";
import { provisionMonitor } from "./provision-monitor.ts";
import { leftBehind, refuseStrangers, renameRole, takeOver } from "./provision-owners.ts";
import { refuseEmpty, renameDatabase } from "./provision-rename.ts";
import { adminOf, provisionRole } from "./provision-role.ts";

/**
 * Creates what is missing of roles, databases and extensions and never drops anything. Services get plain owner
 * roles: only this program is administrator, so it makes the extensions that need one.
 */
export async function provision(plan: PostgresPlan): Promise<Done[]> {
  const done: Done[] = [];
  const client = await connect(plan, plan.admin.database);
  try {
    const admin = await adminOf(client);
    await refuseStrangers(client, plan);
    await refuseEmpty(client, plan);
    for (const role of plan.roles) done.push(...(await renameRole(client, role)));
    for (const role of plan.roles) done.push(await provisionRole(admin, role));
    for (const database of plan.databases) {
      done.push(...(await renameDatabase(client, database)));
      done.push(await provisionDatabase(client, database));
    }
    done.push(...(await provisionMonitor(admin, plan)));
    if (plan.alone) done.push(...(await leftBehind(client, plan)));
  } finally {
    await client.end();
  }
  for (const database of plan.databases) {
    const inside = await connect(plan, database.name);
    try {
      await takeOver(inside, plan, database);
      await provisionSchema(inside, database);
      for (const extension of database.extensions)
        done.push(await provisionExtension(inside, extension, database.name));
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
  return retryUntilAnswered(plan.waitSeconds, attempt, {
    // Source: PostgreSQL, Appendix A, class 28: invalid_password, invalid_authorization_specification.
    refused: (error) => ["28P01", "28000"].includes((error as { code?: string }).code ?? ""),
    passwordFile: plan.admin.passwordFile,
  });
}
