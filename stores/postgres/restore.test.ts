import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Context } from "./plan.ts";
import { planSchema } from "./plan-schema.ts";
import { provision } from "./provision.ts";
import { postgres } from "./store.ts";
import { ownServer, type RunningServer } from "./test-servers.ts";

const own = ownServer();
const { backup, provision: provisioning } = postgres;
if (backup === undefined || provisioning === undefined) throw new Error("PostgreSQL is prepared and saved");

const servicePassword = "Password1234";
const admins = { superuser: "postgres", "no superuser": "boss" } as const;

describe.skipIf(own === undefined)("on the server that the platform runs (needs its image)", () => {
  let server: RunningServer;
  const folder = mkdtempSync(join(tmpdir(), "beat-restore-"));

  /** Where the scripts run, with the tools: as in a backup's container. */
  let tools = "";
  const docker = (args: readonly string[], input = "") =>
    spawnSync("docker", args, { input, encoding: "utf8" });
  const inside = (script: string) => {
    const { status, stdout, stderr } = docker(["exec", "-i", tools, "bash", "-s"], script);
    return { status, said: stdout + stderr };
  };
  const session = async <Row extends pg.QueryResultRow>(user: string, database: string, sql: string) => {
    const password = user === "postgres" || user === "boss" ? server.password : servicePassword;
    const client = new pg.Client({ host: server.host, port: server.port, user, password, database });
    client.on("error", () => {});
    await client.connect();
    try {
      return (await client.query<Row>(sql)).rows;
    } finally {
      await client.end();
    }
  };
  const asAdmin = (sql: string, database = "postgres") => session("postgres", database, sql);

  beforeAll(async () => {
    server = await (own as NonNullable<typeof own>).start();
    writeFileSync(join(folder, "admin"), server.password);
    writeFileSync(join(folder, "service"), servicePassword);
    mkdirSync(join(folder, "backups"));
    const { repository, tag } = postgres.images.postgres;
    const beside = ["--network", `container:${server.container}`, "-v", `${folder}/backups:/backups`];
    const run = ["run", "-d", "--rm", ...beside, "--entrypoint", "sleep", `${repository}:${tag}`, "infinity"];
    tools = docker(run).stdout.trim();
    const made = inside(
      `mkdir -p /run/secrets/backup; printf %s '${server.password}' > /run/secrets/backup/password`,
    );
    expect(made.status).toBe(0);
    await asAdmin(`CREATE ROLE boss LOGIN CREATEROLE CREATEDB PASSWORD '${server.password}'`);
    await asAdmin("CREATE ROLE reporting");
  }, 300_000);
  afterAll(() => {
    docker(["rm", "-f", "-v", tools]);
    server?.stop();
    rmSync(folder, { recursive: true });
  }, 60_000);

  /** One service with a database. */
  const use = (
    admin: string,
    service: string,
    database: string,
    renamedFrom?: string[],
    formerDatabases?: string[],
  ): Context => ({
    facts: postgres.facts.parse({}),
    topics: {},
    address: { host: "127.0.0.1", port: 5432 },
    external: admin === "postgres" ? undefined : ({ adminUser: admin, adminDatabase: "postgres" } as never),
    cluster: undefined,
    needs: [
      {
        service,
        need: {
          database,
          extensions: admin === "postgres" ? ["postgis"] : ["pg_trgm"],
          ...(formerDatabases && { renamedFrom: formerDatabases }),
        },
        ...(renamedFrom && { renamedFrom }),
      },
    ],
  });
  const up = (context: Context) => {
    const plan = planSchema.parse(provisioning.plan(context).plan);
    return provision({
      ...plan,
      host: server.host,
      port: server.port,
      admin: { ...plan.admin, passwordFile: join(folder, "admin") },
      roles: plan.roles.map((role) => ({ ...role, passwordFile: join(folder, "service") })),
    });
  };
  const save = (context: Context) => inside(backup.script(context, { keepDays: 14 }));
  const restore = (context: Context, database: string) =>
    inside(backup.restore(context, { database, from: "latest", fetched: false }).script);
  const left = () =>
    asAdmin(
      "SELECT datname AS name FROM pg_database WHERE datname ~ '_restore_|beat_drill' UNION SELECT rolname FROM pg_roles WHERE shobj_description(oid, 'pg_authid') IS NOT NULL",
    );

  test.each(Object.entries(admins))(
    "with an administrator who is %s, a backup from before a service was renamed is restored, and all of it is the present role's",
    async (title, admin) => {
      const [old, renamed] = title === "superuser" ? ["old-a", "new-a"] : ["old-b", "new-b"];
      const role = renamed.replace("-", "_");
      const database = `shop_${role}`;
      const before = use(admin, old, database);
      await up(before);
      await session(
        old.replace("-", "_"),
        database,
        `CREATE SCHEMA own;
        CREATE TABLE plain (id int);
        CREATE TYPE own.colour AS ENUM ('red');
        CREATE TABLE own.orders (id serial PRIMARY KEY, colour own.colour, was text);
        INSERT INTO own.orders (colour, was) VALUES ('red', 'OWNER TO gone;'), ('red', NULL);
        CREATE VIEW own.seen AS SELECT id FROM own.orders;
        CREATE FUNCTION own.one() RETURNS int LANGUAGE sql AS 'SELECT 1';
        ALTER TABLE own.orders ENABLE ROW LEVEL SECURITY;
        CREATE POLICY mine ON own.orders TO ${old.replace("-", "_")}, reporting USING (true);
        ALTER DEFAULT PRIVILEGES IN SCHEMA own GRANT SELECT ON TABLES TO reporting;
        GRANT SELECT ON own.orders TO reporting, ${old.replace("-", "_")};
        SELECT lo_create(4711${title.length});`,
      );
      // A role that somebody had given rights and things to, and that is nobody's any more.
      await asAdmin(`CREATE ROLE "Gone ""one"`);
      await asAdmin(
        `GRANT USAGE ON SCHEMA own TO "Gone ""one"; GRANT SELECT (id) ON own.orders TO "Gone ""one" WITH GRANT OPTION;
        CREATE TABLE own.theirs (id int); ALTER TABLE own.theirs OWNER TO ${
          // A server lets nobody but a superuser give a table in a schema to whom may make none there.
          title === "superuser" ? '"Gone ""one"' : old.replace("-", "_")
        }`,
        database,
      );
      if (admin === "boss") await asAdmin(`GRANT "Gone ""one" TO boss WITH ADMIN OPTION`);
      expect(save(before)).toMatchObject({ status: 0 });
      await asAdmin('DROP OWNED BY "Gone ""one"', database);
      await asAdmin('DROP ROLE "Gone ""one"');

      const after = use(admin, renamed, database, [old]);
      await up(after);
      expect(inside(backup.verify(after))).toMatchObject({
        status: 0,
        said: expect.stringContaining("verified postgres"),
      });
      await session(role, database, "DELETE FROM own.orders");
      expect(restore(after, database)).toMatchObject({
        status: 0,
        said: expect.stringContaining(`${database} is restored from`),
      });
      expect(
        await session(role, database, "SELECT id, colour, was FROM own.orders ORDER BY id"),
      ).toHaveLength(2);
      await session(
        role,
        database,
        `INSERT INTO own.orders (colour) VALUES ('red'); ALTER TABLE own.orders ADD COLUMN more int; ALTER TABLE plain ADD COLUMN more int; ALTER TABLE own.theirs ADD COLUMN more int;
        ALTER TYPE own.colour ADD VALUE 'blue'; DROP VIEW own.seen; DROP FUNCTION own.one(); CREATE TABLE own.fresh (id int);
        SELECT lo_unlink(4711${title.length})`,
      );
      const rights = await asAdmin(
        "SELECT has_table_privilege('reporting', 'own.orders', 'SELECT') AS kept",
        database,
      );
      expect(rights).toEqual([{ kept: true }]);
      // Extensions stay the administrator's.
      const owners = await asAdmin(
        `SELECT DISTINCT pg_get_userbyid(extowner) AS owner FROM pg_extension WHERE pg_get_userbyid(extowner) = '${role}'`,
        database,
      );
      expect(owners).toEqual([]);
      expect(await left()).toEqual([]);
      // And another `up` finds nothing to do.
      expect((await up(after)).filter(({ result }) => result !== "unchanged")).toEqual([]);
    },
    300_000,
  );

  test("a backup from before its database was renamed is restored into the present one", async () => {
    const before = use("postgres", "moving-service", "first_name");
    await up(before);
    await session("moving_service", "first_name", "CREATE TABLE kept AS SELECT 7 AS id");
    expect(save(before)).toMatchObject({ status: 0 });
    const after = use("postgres", "moving-service", "second_name", undefined, ["first_name"]);
    await up(after);
    await session("moving_service", "second_name", "UPDATE kept SET id = 8");
    expect(restore(after, "second_name")).toMatchObject({ status: 0 });
    expect(
      await session("moving_service", "second_name", "UPDATE kept SET id = id + 1 RETURNING id"),
    ).toEqual([{ id: 8 }]);
    // Its own come first once there is one.
    expect(save(after)).toMatchObject({ status: 0 });
    expect(restore(after, "second_name").said).toContain("restoring /backups/postgres/second_name/");
  }, 300_000);

  test("wherever a restore is killed, the old or the new is there, and the next restore succeeds", async () => {
    const context = use("postgres", "killed-service", "killed");
    await up(context);
    await session("killed_service", "killed", "CREATE TABLE t AS SELECT generate_series(1, 100) AS id");
    expect(save(context)).toMatchObject({ status: 0 });
    await session("killed_service", "killed", "DELETE FROM t WHERE id > 7");
    const { script } = backup.restore(context, { database: "killed", from: "latest", fetched: false });
    const count = () => session("killed_service", "killed", "SELECT count(*)::int FROM t");
    for (const moment of ['known="$(', '  local role\n  make_roles "$2"', 'if ! restore_into "$fresh"']) {
      expect(script).toContain(moment);
      const killed = script.replace(moment, () => `kill -KILL $$\n${moment}`);
      expect(inside(killed)).toMatchObject({ status: 137 });
      expect(await count()).toEqual([{ count: 7 }]);
    }
    // The server waits with the change of names, and whoever asked for it is killed meanwhile.
    const holder = new pg.Client({ ...server, user: "postgres", database: "postgres" });
    await holder.connect();
    await holder.query("BEGIN");
    await holder.query("COMMENT ON DATABASE killed IS 'held'");
    const child = spawn("docker", ["exec", "-i", tools, "bash", "-s"], {
      stdio: ["pipe", "ignore", "ignore"],
    });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.stdin.end(script);
    const waiting =
      "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ~ 'ALTER DATABASE'";
    await expect.poll(() => asAdmin(waiting), { timeout: 120_000 }).toHaveLength(1);
    // All of the container but its first process.
    inside("kill -KILL -1");
    await ended;
    await holder.query("COMMIT");
    await holder.end();
    await expect.poll(count, { timeout: 60_000 }).toEqual([{ count: 100 }]);

    await session("killed_service", "killed", "DELETE FROM t");
    expect(restore(context, "killed")).toMatchObject({ status: 0 });
    expect(await count()).toEqual([{ count: 100 }]);
    expect(await left()).toEqual([]);
  }, 300_000);
});
