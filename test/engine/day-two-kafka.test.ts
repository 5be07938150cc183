import { afterAll, describe, expect } from "vitest";
import { kafkaChanges as changes } from "../../docs/day-two.ts";
import { keysOf, levelOf, partitionsOf, write } from "./day-two/records.ts";
import { DayTwoStack } from "./day-two/stack.ts";

const minutes = 60_000;
const image = "platform:images.overrides.kafka.tag";

// The tests of this file tell one story and depend on one another's order.
describe("Kafka of a stack that runs", { timeout: 10 * minutes }, () => {
  const stack = new DayTwoStack(
    "kafka",
    { stores: ["kafka"] },
    { "platform:images": { overrides: { kafka: { tag: "4.0.1" } } } },
  );
  const kept = async () => [await keysOf("notes_events", 3), await keysOf("visits", 3)];
  const written = [
    ["a", "b", "c"],
    ["d", "e", "f"],
  ];
  let level: number | undefined;

  afterAll(() => stack.remove(), 5 * minutes);

  stack.story("it has records, of an earlier release", async () => {
    await stack.up();
    await write("notes_events", "a", "b", "c");
    await write("visits", "d", "e", "f");
    level = await levelOf("metadata.version");
    expect(await kept()).toEqual(written);
  });

  stack.story(changes.kafkaReleased.what, async () => {
    await stack.config(["rm", "platform:images"]);
    await stack.change(changes.kafkaReleased, {});
    expect(await kept()).toEqual(written);
    expect(await levelOf("metadata.version")).toBeGreaterThan(level ?? Number.POSITIVE_INFINITY);
    await write("visits", "g");
    expect(await keysOf("visits", 4)).toEqual(["d", "e", "f", "g"]);
  });

  stack.story(changes.kafkaReleasedBack.what, async () => {
    await stack.config(["set", "--path", image, "4.0.1"]);
    await stack.refuse(changes.kafkaReleasedBack, {});
    await stack.config(["rm", "platform:images"]);
    await stack.rest();
    expect(await kept()).toEqual(written);
  });

  stack.story(changes.topicAdded.what, async () => {
    await stack.change(changes.topicAdded, { topic: "audits" });
    expect(await partitionsOf("audits")).toEqual([1]);
    await write("audits", "kept");
  });

  stack.story(changes.topicRemoved.what, async () => {
    await stack.change(changes.topicRemoved, {});
    expect((await stack.beat("logs", "provision-kafka")).said).toMatch(
      /topic audits.*the definition does not name it, and it stays; to drop it: .*--delete --topic audits/,
    );
    expect(await keysOf("audits", 1)).toEqual(["kept"]);
    await stack.back({ topic: "audits" });
    expect(await keysOf("audits", 1)).toEqual(["kept"]);
  });

  stack.story(changes.topicRenamed.what, async () => {
    await stack.change(changes.topicRenamed, { notes: { topic: "memos_events" } });
    expect(await keysOf("notes_events", 3)).toEqual(["a", "b", "c"]);
    await write("memos_events", "new");
    expect(await keysOf("memos_events", 1)).toEqual(["new"]);
    await stack.back();
    expect(await kept()).toEqual(written);
  });

  stack.story(changes.partitionsShrunk.what, async () => {
    await stack.refuse(changes.partitionsShrunk, { partitions: 1 });
    await stack.back();
    await stack.rest();
    expect(await partitionsOf("visits")).toEqual([2]);
  });

  stack.story(changes.partitionsGrown.what, async () => {
    await stack.change(changes.partitionsGrown, { partitions: 3 });
    expect(await partitionsOf("visits")).toEqual([3]);
    await stack.refuse(changes.partitionsShrunk, { partitions: 2 });
    await stack.back({ partitions: 3 });
    expect(await kept()).toEqual(written);
  });
});
