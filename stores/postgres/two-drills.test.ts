import { spawn, spawnSync } from "node:child_process";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { statusScript } from "../backup-status.ts";
import type { Context } from "./plan.ts";
import { postgres } from "./store.ts";
import { ownServer, type RunningServer } from "./test-servers.ts";

const own = ownServer();
const { backup } = postgres;
if (backup === undefined) throw new Error("PostgreSQL is saved");

describe.skipIf(own === undefined)("on the server that the platform runs (needs its image)", () => {
  let server: RunningServer;
  let other: pg.Client;
  const context: Context = {
    facts: postgres.facts.parse({}),
    topics: {},
    address: { host: "127.0.0.1", port: 5432 },
    external: undefined,
    cluster: undefined,
    needs: [{ service: "notes", need: { database: "notes", extensions: [] } }],
  };
  /** Inside the server's own container, which has the tools. */
  const inside = (script: string) =>
    spawnSync("docker", ["exec", "-i", server.container ?? "", "bash", "-s"], {
      input: script,
      encoding: "utf8",
    });
  const client = async (database: string) => {
    const { host, port, password } = server;
    const made = new pg.Client({ host, port, password, user: "postgres", database });
    made.on("error", () => {});
    await made.connect();
    return made;
  };

  beforeAll(async () => {
    server = await (own as NonNullable<typeof own>).start();
    inside(`mkdir -p /run/secrets/backup; printf %s '${server.password}' > /run/secrets/backup/password`);
    other = await client("postgres");
    await other.query("CREATE ROLE notes LOGIN");
    await other.query("CREATE DATABASE notes OWNER notes");
    const saved = inside(backup.script(context, { keepDays: 3 }));
    expect(saved.status, saved.stderr).toBe(0);
  }, 300_000);
  afterAll(async () => {
    await other?.end().catch(() => {});
    server?.stop();
  }, 60_000);

  test.each([
    ["drill", backup.verify(context)],
    ["restore", backup.restore(context, { database: "notes", from: "latest", fetched: false }).script],
  ])(
    "a %s leaves the drill of another pod alone, and has its turn when that is done",
    async (what, script) => {
      // What another one holds, and the database that it is at work in.
      await other.query("SELECT pg_advisory_lock(hashtext('a drill or a restore of backups'))");
      await other.query("CREATE DATABASE beat_drill");
      const work = await client("beat_drill");
      const child = spawn("docker", ["exec", "-i", server.container ?? "", "bash", "-s"]);
      let said = "";
      for (const out of [child.stdout, child.stderr])
        out.on("data", (chunk: Buffer) => {
          said += chunk.toString();
        });
      const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
      child.stdin.end(script);
      const waits = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
      const deadline = Date.now() + 60_000;
      while ((await other.query(waits)).rowCount === 0) {
        expect(Date.now(), said).toBeLessThan(deadline);
        expect(child.exitCode, said).toBe(null);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      // A second one of the same database is refused, and status tells of this one, for as long as it takes.
      if (what === "restore") {
        const lock = "/backups/.parts/postgres.notes.restore";
        expect(inside(`flock -n ${lock} true`).status).toBe(1);
        expect(inside(script).stderr).toContain("another restore of notes is under way; nothing was changed");
        const told = inside(statusScript({ store: "postgres", source: "postgres", parts: ["notes"] })).stdout;
        expect(told).toMatch(/^restoring postgres\/notes\nrestore \S+ begun postgres\/notes$/m);
      }
      expect((await work.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
      await work.end();
      await other.query("DROP DATABASE beat_drill");
      await other.query("SELECT pg_advisory_unlock_all()");
      expect(await ended, said).toBe(0);
    },
    120_000,
  );
});
