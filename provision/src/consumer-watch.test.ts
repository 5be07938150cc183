import { createServer, type Server } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ConsumerWatch, readWatch } from "./consumer-watch.ts";

let service: Server;
let watch: ConsumerWatch;
let member: boolean | Error;

beforeEach(async () => {
  member = true;
  service = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
  const { port } = service.address() as { port: number };
  watch = new ConsumerWatch(
    readWatch({
      WATCH_BOOTSTRAP: "kafka:9092",
      WATCH_GROUP: "auth_consumer",
      WATCH_ADDRESS: "10.0.0.7",
      WATCH_SERVICE_PORT: String(port),
      WATCH_PORT: "0",
    }),
    () => (member instanceof Error ? Promise.reject(member) : Promise.resolve(member)),
  );
});
afterEach(() => {
  watch.close();
  service.close();
});

const live = async (port: number): Promise<string> => {
  const answer = await fetch(`http://127.0.0.1:${port}/live`);
  return `${answer.status} ${(await answer.text()).trim()}`;
};

test("a member that has been away for longer than a rebalance is dead, one that was seen is not", async () => {
  const start = Date.now();
  await watch.look(start);
  member = false;
  await watch.look(start + 50_000);
  expect(watch.dead(start + 59_000)).toBe(false);
  expect(watch.dead(start + 61_000)).toBe(true);
  member = true;
  await watch.look(start + 62_000);
  expect(watch.dead(start + 100_000)).toBe(false);
});

test("nobody is dead while Kafka does not answer", async () => {
  const start = Date.now();
  member = new Error("connection refused");
  await watch.look(start + 200_000);
  expect(watch.dead(start + 201_000)).toBe(false);
});

test("a service that is not there yet has all its time before it", async () => {
  const start = Date.now();
  member = false;
  await new Promise((resolve) => service.close(resolve));
  await watch.look(start + 200_000);
  expect(watch.dead(start + 210_000)).toBe(false);
});

test("the kubelet hears of a closed port", async () => {
  const port = await watch.start();
  expect(await live(port)).toBe("200 ok");
  await new Promise((resolve) => service.close(resolve));
  expect(await live(port)).toMatch(/^503 port \d+ does not accept$/);
});
