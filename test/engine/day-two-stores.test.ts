import { MongoClient } from "mongodb";
import { afterAll, describe, expect } from "vitest";
import { storeChanges as changes } from "../../docs/day-two.ts";
import { DayTwoStack, ports } from "./day-two/stack.ts";

const minutes = 60_000;
const all = ["mongo-config", "mongo-data", "notes-files", "postgres-data", "redis-data"];

// The tests of this file tell one story and depend on one another's order.
describe("stores of a stack that runs", { timeout: 10 * minutes }, () => {
  const stack = new DayTwoStack("stores", { stores: ["postgres", "redis", "mongo"] });
  const secret = async (name: string) => (await stack.beat("secrets", "show", name)).said;

  afterAll(() => stack.remove(), 5 * minutes);

  /** Does something with a collection of the notes. */
  async function inMongo<T>(
    user: string,
    password: string,
    work: (kept: ReturnType<ReturnType<MongoClient["db"]>["collection"]>) => Promise<T>,
  ): Promise<T> {
    const client = new MongoClient(
      `mongodb://${user}:${password}@127.0.0.1:${ports.mongo}/?authSource=admin&directConnection=true`,
    );
    try {
      return await work(client.db("notes").collection("kept"));
    } finally {
      await client.close();
    }
  }
  const document = async (service = "notes-service") =>
    inMongo(
      service.replaceAll("-", "_"),
      await secret(`mongo-${service}`),
      async (kept) => (await kept.findOne())?.text,
    );
  /** What was written into each of them. */
  const found = async () => [
    await stack.sql("notes", "SELECT text FROM kept"),
    await stack.inside("redis", "redis-cli", "get", "kept"),
    await document(),
  ];
  const written = ["written", "written", "written"];

  stack.story("they have data", async () => {
    await stack.up();
    await stack.sql("notes", "SET ROLE notes_service; CREATE TABLE kept AS SELECT 'written' AS text");
    await stack.inside("redis", "redis-cli", "set", "kept", "written");
    await inMongo("notes_service", await secret("mongo-notes-service"), (kept) =>
      kept.insertOne({ text: "written" }),
    );
    expect(await found()).toEqual(written);
  });

  stack.story(changes.storeUnneeded.what, async () => {
    const former = await secret("mongo-notes-service");
    await stack.change(changes.storeUnneeded, { needs: ["postgres"] });
    const { said } = await stack.beat("logs", "provision-mongo");
    expect(said).toMatch(
      /database notes.*no service uses it any more, and it stays; to drop it: db\.getSiblingDB/,
    );
    expect(said).toMatch(
      /user notes_service.*no service uses it any more, and it stays; to drop it: .*dropUser/,
    );
    expect(await inMongo("notes_service", former, (kept) => kept.countDocuments())).toBe(1);
    await stack.back();
    expect(await found()).toEqual(written);
  });

  stack.story(changes.storeRemoved.what, async () => {
    await stack.change(changes.storeRemoved, { stores: [] });
    expect(await stack.volumes()).toEqual(all);
  });

  stack.story(changes.storeAdded.what, async () => {
    await stack.change(changes.storeAdded, {});
    expect(await found()).toEqual(written);
    expect(await stack.volumes()).toEqual(all);
  });

  stack.story(changes.storeExternal.what, async () => {
    await stack.config(["set", "--path", "platform:external.redis.host", "redis.example.org"]);
    await stack.refuse(changes.storeExternal, {});
    await stack.config(["rm", "platform:external"]);
    await stack.rest();
    expect(await found()).toEqual(written);
  });

  stack.story(changes.loginRenamed.what, async () => {
    const former = await secret("mongo-notes-service");
    await stack.change(changes.loginRenamed, {
      notes: { name: "memos-service", renamedFrom: ["notes-service"] },
    });
    expect(await document("memos-service")).toBe("written");
    await expect(inMongo("notes_service", former, (kept) => kept.findOne())).rejects.toThrow(
      /Authentication failed/,
    );
    await stack.back({ notes: { renamedFrom: ["memos-service"] } });
    expect(await found()).toEqual(written);
  });

  stack.story(changes.mongoHandedOver.what, async () => {
    const made = await secret("mongo-admin");
    const at = ["--path", "platform:secrets.mongo-admin"];
    await stack.config(["set", "--secret", ...at], "GivenByHand2026xyz");
    await stack.refuse(changes.mongoHandedOver, {});
    await stack.config(["rm", ...at]);
    await stack.back();
    await stack.rest();
    expect(await secret("mongo-admin")).toBe(made);
    expect(await found()).toEqual(written);
  });
});
