import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type MongoPlan, planSchema } from "./plan-schema.ts";
import { provision } from "./provision.ts";
import { mongo } from "./store.ts";

const { repository, tag } = mongo.images.mongo;
const image = `${repository}:${tag}`;
const isHere = spawnSync("docker", ["image", "inspect", image]).status === 0;
if (!isHere) test.skip(`provisioning a real MongoDB: the engine has no ${image}`, () => {});

// The tests of this file tell one story and depend on one another's order.
describe.runIf(isHere)(`on ${image} of the engine`, () => {
  const folder = mkdtempSync(join(tmpdir(), "beat-provision-"));
  const password = "Password1234";
  const passwordFile = join(folder, "password");
  let container = "";
  let port = 0;

  beforeAll(() => {
    writeFileSync(passwordFile, password);
    const env = [
      "-e",
      "MONGO_INITDB_ROOT_USERNAME=admin",
      "-e",
      `MONGO_INITDB_ROOT_PASSWORD=${password}`,
    ] as const;
    const docker = (...args: string[]) => execFileSync("docker", args, { encoding: "utf8" }).trim();
    container = docker("run", "-d", "--rm", ...env, "-p", "127.0.0.1::27017", image);
    port = Number(docker("port", container, "27017/tcp").split("\n")[0]?.split(":").at(-1));
  }, 60_000);
  afterAll(() => {
    spawnSync("docker", ["rm", "-f", "-v", container]);
    rmSync(folder, { recursive: true });
  });

  const up = (users: readonly Pick<MongoPlan["users"][number], "name" | "database" | "renamedFrom">[]) =>
    provision(
      planSchema.parse({
        kind: "mongo",
        host: "127.0.0.1",
        port,
        alone: true,
        admin: { user: "admin", passwordFile },
        users: users.map((user) => ({ ...user, passwordFile })),
        indexes: [],
      }),
    );
  /** What a user finds in a collection, on a connection of its own. */
  const found = async (user: string) => {
    const client = new MongoClient(`mongodb://${user}:${password}@127.0.0.1:${port}/?authSource=admin`);
    try {
      const kept = client.db("notes").collection("kept");
      await kept.updateOne({}, { $set: { text: "written" } }, { upsert: true });
      return (await kept.findOne())?.text;
    } finally {
      await client.close();
    }
  };
  const service = { name: "notes_service", database: "notes", renamedFrom: [] };

  test("a user is made, and is there the next time", async () => {
    expect(await up([service])).toEqual([{ object: "user notes_service", result: "created" }]);
    expect(await found("notes_service")).toBe("written");
    expect(await up([service])).toEqual([{ object: "user notes_service", result: "unchanged" }]);
  }, 60_000);

  test("the user of a service that is renamed can log in no more, and its data are the new one's", async () => {
    const renamed = { name: "memos_service", database: "notes", renamedFrom: ["notes_service", "admin"] };
    expect(await up([renamed])).toEqual([
      { object: "user memos_service", result: "created" },
      { object: "user notes_service", result: "altered", note: "dropped: it is memos_service now" },
    ]);
    expect(await found("memos_service")).toBe("written");
    await expect(found("notes_service")).rejects.toThrow(/Authentication failed/);
    expect(await up([renamed])).toEqual([{ object: "user memos_service", result: "unchanged" }]);
  });

  test("what no service uses any more stays, and it is said how to drop it", async () => {
    const stays = "no service uses it any more, and it stays; to drop it: ";
    expect(await up([])).toEqual([
      {
        object: "database notes",
        result: "unchanged",
        note: `${stays}db.getSiblingDB("notes").dropDatabase()`,
      },
      {
        object: "user memos_service",
        result: "unchanged",
        note: `${stays}db.getSiblingDB("admin").dropUser("memos_service")`,
      },
    ]);
    expect(await found("memos_service")).toBe("written");
    // Renamed without renamedFrom: the database is in use, its former user is not.
    expect(await up([service])).toMatchObject([
      { object: "user notes_service", result: "created" },
      { object: "user memos_service", note: expect.stringContaining("dropUser") },
    ]);
  });
});
