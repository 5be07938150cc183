import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { planSchema } from "./plan-schema.ts";
import { provision } from "./provision.ts";
import { type RunningServer, serverKinds } from "./test-servers.ts";

const kinds = serverKinds();
if (kinds.length === 0)
  test.skip("provisioning a real PostgreSQL: it is neither installed nor an image of the engine", () => {});

// A name as managed servers give it, with what SQL and a shell would mind.
const admins = { superuser: "postgres", "no superuser": `boss"o'@db` } as const;

describe.each(kinds)("on $title", ({ start }) => {
  let server: RunningServer;
  const folder = mkdtempSync(join(tmpdir(), "beat-provision-"));
  const secret = (file: string, value: string): string => {
    writeFileSync(join(folder, file), `${value}\n`);
    return join(folder, file);
  };
  const session = async <T>(
    user: string,
    password: string,
    database: string,
    work: (client: pg.Client) => Promise<T>,
  ) => {
    const client = new pg.Client({ host: server.host, port: server.port, user, password, database });
    client.on("error", () => {});
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  };
  const asSuperuser = (database: string, sql: string) =>
    session("postgres", server.password, database, (client) => client.query(sql));

  beforeAll(async () => {
    server = await start();
    await asSuperuser(
      "postgres",
      `CREATE ROLE ${pg.escapeIdentifier(admins["no superuser"])} LOGIN CREATEROLE CREATEDB PASSWORD '${server.password}'`,
    );
  }, 120_000);
  afterAll(() => {
    server?.stop();
    rmSync(folder, { recursive: true });
  });

  const planOf = (admin: string, own: string, extensions: readonly string[] = ["pg_trgm"]) =>
    planSchema.parse({
      kind: "postgres",
      host: server.host,
      port: server.port,
      admin: { user: admin, database: "postgres", passwordFile: secret("admin", server.password) },
      roles: [{ name: own, passwordFile: join(folder, own), idleInTransactionSeconds: 30 }],
      databases: [{ name: `${own}_db`, owner: own, extensions }],
    });
  const results = async (plan: ReturnType<typeof planOf>) =>
    Object.fromEntries((await provision(plan)).map(({ object, result }) => [object, result]));

  describe.each(Object.entries(admins))("with an administrator who is %s", (title, admin) => {
    const own = title === "superuser" ? "first_service" : "second_service";
    const database = `${own}_db`;
    const objects = (result: string) => ({
      [`role ${own}`]: result,
      [`database ${database}`]: result,
      [`extension pg_trgm in ${database}`]: result,
    });

    test("from nothing to ready, and then nothing more", async () => {
      secret(own, "Password1234");
      expect(await results(planOf(admin, own))).toEqual(objects("created"));
      await session(own, "Password1234", database, async (service) => {
        await service.query("CREATE TABLE kept (id int)");
        await service.query("INSERT INTO kept VALUES (7)");
        expect((await service.query("SHOW idle_in_transaction_session_timeout")).rows).toEqual([
          { idle_in_transaction_session_timeout: "30s" },
        ]);
      });
      expect(await results(planOf(admin, own))).toEqual(objects("unchanged"));
    });

    test("the administrator reads what the service has made, as a backup must; nobody else may connect", async () => {
      const kept = await session(admin, server.password, database, (client) =>
        client.query("SELECT id FROM kept"),
      );
      expect(kept.rows).toEqual([{ id: 7 }]);
      await asSuperuser("postgres", `CREATE ROLE other_${own} LOGIN PASSWORD 'Password1234'`);
      const other = session(`other_${own}`, "Password1234", database, async () => {});
      await expect(other).rejects.toThrow(/permission denied for database/);
    });

    test("a rotated password is the new one alone", async () => {
      secret(own, "Rotated56789");
      expect(await results(planOf(admin, own))).toEqual(objects("unchanged"));
      await session(own, "Rotated56789", database, async () => {});
      await expect(session(own, "Password1234", database, async () => {})).rejects.toThrow(/password/);
    });

    test("rights that somebody gave the role are taken back, as far as the administrator can", async () => {
      await asSuperuser("postgres", `ALTER ROLE ${own} CREATEDB CREATEROLE`);
      await provision(planOf(admin, own));
      const found = await asSuperuser(
        "postgres",
        `SELECT rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = '${own}'`,
      );
      expect(found.rows).toEqual([{ rolcreatedb: false, rolcreaterole: false }]);
    });

    test("an extension is brought to the version that the server has, or it is said why not", async () => {
      await asSuperuser(database, "DROP EXTENSION pg_trgm; CREATE EXTENSION pg_trgm VERSION '1.3'");
      const done = (await provision(planOf(admin, own))).at(-1);
      const version = await asSuperuser(
        database,
        "SELECT extversion FROM pg_extension WHERE extname = 'pg_trgm'",
      );
      if (title === "superuser") {
        expect(done).toMatchObject({ result: "altered", note: "from 1.3 to 1.6" });
        expect(version.rows).toEqual([{ extversion: "1.6" }]);
      } else {
        // The superuser has made it here, so that only that one may.
        expect(done?.note).toMatch(
          /^it stays 1\.3, the server has 1\.6: must be owner of extension pg_trgm; as a superuser/,
        );
        expect(version.rows).toEqual([{ extversion: "1.3" }]);
      }
    });
  });

  describe.each(Object.entries(admins))(
    "with an administrator who is %s, a service that is renamed",
    (title, admin) => {
      const old = title === "superuser" ? "old_a" : "old_b";
      const renamed = `${old}_new`;
      const database = `${old}_db`;
      const plan = (role: string, more: object = {}) => ({
        ...planOf(admin, role, []),
        ...planSchema.pick({ roles: true, databases: true, alone: true }).parse({
          alone: true,
          roles: [{ name: role, passwordFile: secret(role, "Password1234"), ...more }],
          databases: [{ name: database, owner: role, extensions: [] }],
        }),
      });
      const kept = (role: string) =>
        session(role, "Password1234", database, (service) =>
          service.query("UPDATE kept SET id = id + 1 RETURNING id").then(({ rows }) => rows),
        );

      test("is refused without its former name, and keeps its tables with it", async () => {
        await provision(plan(old));
        await session(old, "Password1234", database, (service) =>
          service.query("CREATE TABLE kept AS SELECT 7 AS id"),
        );
        await expect(provision(plan(renamed))).rejects.toThrow(
          `fix: where the service was called so, renamedFrom: ["`,
        );
        expect(await kept(old)).toEqual([{ id: 8 }]);
        await provision(plan(renamed, { renamedFrom: ["never", old] }));
        expect(await kept(renamed)).toEqual([{ id: 9 }]);
        await provision(plan(renamed, { renamedFrom: ["never", old] }));
        expect(await kept(renamed)).toEqual([{ id: 10 }]);
      });

      test("has them, too, where its new role is there already", async () => {
        const last = `${old}_last`;
        await asSuperuser("postgres", `CREATE ROLE ${last} LOGIN`);
        if (title !== "superuser")
          await asSuperuser("postgres", `GRANT ${last} TO ${pg.escapeIdentifier(admin)} WITH ADMIN OPTION`);
        await provision(plan(last, { renamedFrom: [renamed] }));
        expect(await kept(last)).toEqual([{ id: 11 }]);
      });

      test("is dropped: its database stays, and that is said", async () => {
        const done = await provision({ ...plan("another"), roles: [], databases: [] });
        const left = done.find(({ object }) => object === `database ${database}`);
        expect(left).toMatchObject({ result: "unchanged", note: expect.stringContaining("it stays") });
        expect(await kept(`${old}_last`)).toEqual([{ id: 12 }]);
      });
    },
  );

  test("what only a superuser can mend is told with what mends it", async () => {
    const admin = admins["no superuser"];
    secret("third_service", "Password1234");
    await expect(provision(planOf(admin, "third_service", ["pageinspect"]))).rejects.toThrow(
      'permission denied to create extension "pageinspect"; fix: as a superuser, CREATE EXTENSION "pageinspect" in third_service_db',
    );
    await expect(provision(planOf(admin, "third_service", ["no_such"]))).rejects.toThrow(
      "extension no_such in third_service_db: the server does not have its files",
    );
    await asSuperuser("postgres", "CREATE ROLE fourth_service SUPERUSER");
    secret("fourth_service", "Password1234");
    await expect(provision(planOf(admin, "fourth_service"))).rejects.toThrow(/fix: as a superuser/);
  });
});
