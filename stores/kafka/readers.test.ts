import { expect, test } from "vitest";
import { ConsumerWatch, readWatch } from "./consumer-watch.ts";
import { need } from "./facts.ts";
import { readers } from "./readers.ts";

test("it tells how any groups stand, and that Kafka does not answer", async () => {
  const partition = { topic: "auth_events", partition: 0, committed: "3", start: "0", end: "5" };
  let fault: Error | undefined;
  const asked: string[] = [];
  const telling = new ConsumerWatch(
    readWatch({
      WATCH_BOOTSTRAP: "kafka:9092",
      WATCH_GROUP: "auth_consumer",
      WATCH_ADDRESS: "10.0.0.7",
      WATCH_SERVICE_PORT: "1",
      WATCH_PORT: "0",
    }),
    async () => [],
    async (groups) => {
      if (fault !== undefined) throw fault;
      asked.push(...groups);
      return {
        groups: groups.map((name) => ({
          group: name,
          members: 1,
          given: ["auth_events"],
          partitions: [partition],
        })),
      };
    },
  );
  const port = await telling.start();
  const needs = [
    { service: "auth-service", need: need.parse({ consumes: ["auth_events"], group: "a b" }) },
    { service: "core-service", need: need.parse({ consumes: ["auth_events", "other"], group: "c" }) },
    { service: "mute-service", need: need.parse({ publishes: ["auth_events"] }) },
  ];
  const told = async () =>
    readers.read(await (await fetch(`http://127.0.0.1:${port}${readers.path(needs)}`)).text(), needs);
  expect(await told()).toMatchObject([
    { service: "auth-service", name: "a b", waiting: 2, position: "auth_events/0:3" },
    { service: "core-service", name: "c", fault: "no member is given other" },
  ]);
  expect(asked).toEqual(["a b", "c"]);
  fault = new AggregateError([new Error("connect ECONNREFUSED")], "Cannot connect to any broker.");
  expect(await told()).toMatchObject([
    { fault: "Kafka does not answer: connect ECONNREFUSED" },
    { fault: "Kafka does not answer: connect ECONNREFUSED" },
  ]);
  telling.close();
});
