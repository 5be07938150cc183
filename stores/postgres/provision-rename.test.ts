import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { defined, plain, words } from "../../config/define/test-definition.ts";
import { InputError } from "../../core/problems.ts";
import { planSchema } from "./plan-schema.ts";
import { provision } from "./provision.ts";
import { type RunningServer, serverKinds } from "./test-servers.ts";

const password = "Password1234";
const admins = { superuser: "postgres", "no superuser": "boss" } as const;

describe.each(serverKinds())("on $title, a database that is renamed", ({ start }) => {
  let server: RunningServer;
  const folder = mkdtempSync(join(tmpdir(), "beat-rename-"));
  const connect = async (user: string, database: string) => {
    const its = user in { postgres: 1, boss: 1 } ? server.password : password;
    const client = new pg.Client({ host: server.host, port: server.port, user, password: its, database });
    client.on("error", () => {});
    await client.connect();
    return client;
  };
  const sql = async (user: string, database: string, text: string) => {
    const client = await connect(user, database);
    try {
      return (await client.query(text)).rows;
    } finally {
      await client.end();
    }
  };

  beforeAll(async () => {
    server = await start();
    writeFileSync(join(folder, "admin"), server.password);
    writeFileSync(join(folder, "service"), password);
    await sql(
      "postgres",
      "postgres",
      `CREATE ROLE boss LOGIN CREATEROLE CREATEDB PASSWORD '${server.password}'`,
    );
  }, 300_000);
  afterAll(() => {
    server?.stop();
    rmSync(folder, { recursive: true });
  }, 60_000);

  describe.each(Object.entries(admins))("with an administrator who is %s", (_title, admin) => {
    const role = `${admin}_service`;
    const up = (database: string, renamedFrom: string[] = []) =>
      provision(
        planSchema.parse({
          kind: "postgres",
          host: server.host,
          port: server.port,
          alone: true,
          admin: { user: admin, database: "postgres", passwordFile: join(folder, "admin") },
          roles: [{ name: role, passwordFile: join(folder, "service") }],
          databases: [{ name: database, owner: role, extensions: [], renamedFrom }],
        }),
      );
    const [old, renamed, third] = [`${admin}_shop`, `${admin}_market`, `${admin}_empty`];
    const kept = (database: string) => sql(role, database, "UPDATE kept SET id = id + 1 RETURNING id");

    test("is refused without its former name, before anything is changed", async () => {
      await up(old);
      await sql(role, old, "CREATE TABLE kept AS SELECT 7 AS id");
      for (const made of [`${old}_before_20260101t000000z`, `${old}_restore_20260101t000000z`, "beat_drill"])
        await sql("postgres", "postgres", `CREATE DATABASE ${made} OWNER ${role}`);
      const refused = up(renamed);
      await expect(refused).rejects.toThrow(`renamedFrom: ["${old}"] in its needs.postgres`);
      await expect(refused).rejects.toThrow(`CREATE DATABASE "${renamed}" OWNER "${role}"`);
      const made = await sql(
        "postgres",
        "postgres",
        `SELECT 1 FROM pg_database WHERE datname = '${renamed}'`,
      );
      expect([made, await kept(old)]).toEqual([[], [{ id: 8 }]]);
      // What a restore has kept is named, what one or a drill is making is not.
      const told = (await up(old)).flatMap(({ object, note }) =>
        note && /_[0-9]{8}t|drill/.test(object) ? object : [],
      );
      expect(told).toEqual([`database ${old}_before_20260101t000000z`]);
      for (const made of [`${old}_before_20260101t000000z`, `${old}_restore_20260101t000000z`, "beat_drill"])
        await sql("postgres", "postgres", `DROP DATABASE ${made}`);
    });

    test("keeps what is in it with its former name, while a client comes back again and again", async () => {
      const pool = setInterval(() => sql(role, old, "SELECT pg_sleep(1)").catch(() => {}), 20);
      try {
        const done = await up(renamed, ["never", old]);
        expect(done).toContainEqual({
          object: `database ${renamed}`,
          result: "altered",
          note: `it was ${old}`,
        });
      } finally {
        clearInterval(pool);
      }
      expect(await kept(renamed)).toEqual([{ id: 9 }]);
      expect((await up(renamed, ["never", old])).filter(({ result }) => result !== "unchanged")).toEqual([]);
    });

    test("stays beside an empty one that the administrator has made; both under one name are refused", async () => {
      await sql("postgres", "postgres", `CREATE DATABASE "${third}" OWNER "${role}"`);
      const done = await up(third);
      expect(done.find(({ object }) => object === `database ${renamed}`)?.note).toBe(
        `no service uses it any more, and it stays; to drop it: DROP DATABASE "${renamed}"`,
      );
      await expect(up(third, [renamed])).rejects.toThrow(`DROP DATABASE "${third}"`);
      await sql("postgres", "postgres", `DROP DATABASE "${third}"`);
      await up(third, [renamed]);
      expect(await kept(third)).toEqual([{ id: 10 }]);
    });

    test("is refused where it is somebody else's", async () => {
      await sql("postgres", "postgres", `CREATE ROLE other_${admin}`);
      await sql("postgres", "postgres", `CREATE DATABASE other_${admin} OWNER other_${admin}`);
      await expect(up(`${admin}_new`, [`other_${admin}`])).rejects.toThrow(
        `take "other_${admin}" out of renamedFrom`,
      );
    });
  });
});

test("a former name that is another service's database is refused in the definition", () => {
  const needs = (database: string, renamedFrom?: string[]) => ({
    postgres: { database, ...(renamedFrom && { renamedFrom }) },
  });
  const services = {
    a: { ...plain, needs: needs("a", ["b", "old"]) },
    b: { ...plain, port: 7001, routes: [{ prefix: "/b" }], needs: needs("b", ["old"]) },
  };
  let found: string[] = [];
  try {
    defined(services);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    found = words(error.problems);
  }
  expect(found).toEqual([
    expect.stringContaining('services.a.needs.postgres.renamedFrom[0]: "b" is or was the database of b'),
    expect.stringContaining('services.b.needs.postgres.renamedFrom[0]: "old" is or was the database of a'),
  ]);
});
