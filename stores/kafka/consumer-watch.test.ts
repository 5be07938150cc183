import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ConsumerWatch, type Knocked, readWatch } from "./consumer-watch.ts";
import type { PartitionState } from "./group-progress.ts";

let service: Server;
let watch: ConsumerWatch;
let group: readonly PartitionState[] | undefined | Error;

/** A watch of that service, told as its container is. */
function watchWith(more: Readonly<Record<string, string>> = {}): ConsumerWatch {
  const { port } = service.address() as { port: number };
  const env = {
    WATCH_BOOTSTRAP: "kafka:9092",
    WATCH_GROUP: "auth_consumer",
    WATCH_ADDRESS: "10.0.0.7",
    WATCH_SERVICE_PORT: String(port),
    WATCH_PORT: "0",
    ...more,
  };
  return new ConsumerWatch(readWatch(env), () =>
    group instanceof Error ? Promise.reject(group) : Promise.resolve(group),
  );
}

beforeEach(async () => {
  group = [];
  service = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
  watch = watchWith();
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
  group = undefined;
  await watch.look(start + 20_000);
  expect(watch.dead(start + 29_000)).toBeUndefined();
  expect(watch.dead(start + 31_000)).toMatch(/no member at 10\.0\.0\.7/);
  group = [];
  await watch.look(start + 32_000);
  expect(watch.dead(start + 61_000)).toBeUndefined();
});

test("nobody is dead while Kafka does not answer", async () => {
  const start = Date.now();
  group = new Error("connection refused");
  await watch.look(start + 200_000);
  expect(watch.dead(start + 201_000)).toBeUndefined();
});

/** Looks every five seconds, from one second to another. */
const looks = async (start: number, from: number, to: number): Promise<void> => {
  for (let second = from; second <= to; second += 5) await watch.look(start + second * 1000);
};

test("a member that stays in its group and reads no further is dead, once per offset", async () => {
  const start = Date.now();
  const at = (committed: bigint, end: bigint): void => {
    group = [{ partition: "auth_events/0", committed, start: 0n, end }];
  };
  const { port } = service.address() as { port: number };
  at(4n, 4n);
  await looks(start, 0, 5);
  // A record waits, and another comes meanwhile.
  at(4n, 5n);
  await looks(start, 10, 25);
  at(4n, 6n);
  await looks(start, 30, 45);
  expect(watch.dead(start + 49_000)).toBeUndefined();
  expect(watch.dead(start + 51_000)).toMatch(/auth_consumer reads no further in auth_events\/0 than 4/);
  // The kubelet restarts the service.
  await new Promise((resolve) => service.close(resolve));
  await looks(start, 55, 60);
  await new Promise<void>((resolve) => service.listen(port, "127.0.0.1", resolve));
  // It cannot handle that record either: another restart would hardly help, and is tried in ten minutes.
  await looks(start, 65, 700);
  expect(watch.dead(start + 704_000)).toBeUndefined();
  expect(watch.dead(start + 706_000)).toMatch(/than 4/);
  // It gets further, and is stuck elsewhere: it has more time, for it may only be slow.
  at(5n, 6n);
  await looks(start, 705, 780);
  expect(watch.dead(start + 784_000)).toBeUndefined();
  expect(watch.dead(start + 786_000)).toMatch(/than 5/);
  // Once all has been read, a consumer that is stuck is found as fast as at first.
  at(6n, 6n);
  await looks(start, 790, 790);
  at(6n, 7n);
  await looks(start, 800, 840);
  expect(watch.dead(start + 841_000)).toMatch(/than 6/);
});

test("a slow consumer that moves, and one that has read all, are alive", async () => {
  const start = Date.now();
  for (let round = 0; round < 8; round++) {
    group = [
      { partition: "slow/0", committed: BigInt(round), start: 0n, end: 100n },
      { partition: "read/0", committed: 7n, start: 0n, end: 7n },
      // What waited has been deleted by age.
      { partition: "old/0", committed: 3n, start: 9n, end: 9n },
    ];
    await looks(start, round * 35, round * 35 + 30);
    expect(watch.dead(start + round * 35_000 + 34_000)).toBeUndefined();
  }
});

test("records from before the watch in a partition without a commit are nobody's fault; later ones are", async () => {
  const start = Date.now();
  const at = (end: bigint): void => {
    group = [{ partition: "auth_events/0", committed: -1n, start: 0n, end }];
  };
  at(8n);
  await looks(start, 0, 400);
  expect(watch.dead(start + 400_000)).toBeUndefined();
  at(9n);
  await looks(start, 405, 450);
  expect(watch.dead(start + 450_000)).toMatch(/auth_events\/0/);
});

test.each([
  ["a partition that goes to another member", []],
  ["a Kafka that is away", new Error("connection refused")],
])("%s starts the time anew", async (_, between) => {
  const start = Date.now();
  const stuck = [{ partition: "auth_events/0", committed: 4n, start: 0n, end: 5n }];
  group = stuck;
  await looks(start, 0, 25);
  group = between;
  await looks(start, 30, 35);
  group = stuck;
  await looks(start, 40, 80);
  expect(watch.dead(start + 80_000)).toBeUndefined();
  await looks(start, 85, 90);
  expect(watch.dead(start + 90_000)).toMatch(/than 4/);
});

test("a service that is not there yet has all its time before it", async () => {
  const start = Date.now();
  group = undefined;
  await new Promise((resolve) => service.close(resolve));
  await watch.look(start + 200_000);
  expect(watch.dead(start + 210_000)).toBeUndefined();
});

test("a port that stays closed is said, one that was too busy for a moment is not", async () => {
  const start = Date.now();
  await watch.look(start);
  await new Promise((resolve) => service.close(resolve));
  await looks(start, 5, 45);
  expect(watch.ailing(start + 49_000)).toBeUndefined();
  expect(watch.ailing(start + 51_000)).toMatch(/^port \d+ does not accept$/);
});

test("the kubelet hears of it twice, which ends the service, and not again before the service has had all its time", async () => {
  watch = watchWith({ WATCH_PATIENCE_SECONDS: "1" });
  group = undefined;
  const port = await watch.start();
  expect(await live(port)).toBe("200 ok");
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  const said = /^503 group auth_consumer has had no member/;
  expect(await live(port)).toMatch(said);
  expect(await live(port)).toMatch(said);
  expect(await live(port)).toBe("200 ok");
});

test("an order to end is given once: the service has all its time before it, whether or not a look saw it gone", async () => {
  watch = watchWith({ WATCH_PATIENCE_SECONDS: "2", WATCH_HOST: "127.0.0.1" });
  group = undefined;
  const port = await watch.start();
  const dead = async () => (await fetch(`http://127.0.0.1:${port}/dead`)).status;
  expect(await dead()).toBe(404);
  await new Promise((resolve) => setTimeout(resolve, 2_100));
  // An engine asks this for the watch's own health: it ends no service.
  for (let asked = 0; asked < 5; asked++) expect(await live(port)).toMatch(/^503 group auth_consumer/);
  expect([await dead(), await dead()]).toEqual([200, 404]);
  // It may be slow to join, and has twice the time.
  expect(watch.dead(Date.now() + 3_900)).toBeUndefined();
  expect(watch.dead(Date.now() + 4_100)).toBeDefined();
});

test("a service elsewhere is asked at its own host", async () => {
  const { port } = service.address() as { port: number };
  const env = {
    WATCH_BOOTSTRAP: "kafka:9092",
    WATCH_GROUP: "auth_consumer",
    WATCH_SERVICE_PORT: String(port),
    WATCH_PORT: "0",
  };
  const looked = async (host: string) => {
    const elsewhere = new ConsumerWatch(readWatch({ ...env, WATCH_HOST: host }), async () => undefined);
    const start = Date.now();
    await elsewhere.look(start + 100_000);
    return elsewhere.dead(start + 130_000);
  };
  // Nobody listens there: its time has not begun.
  expect(await looked("127.0.0.9")).toBeUndefined();
  expect(await looked("127.0.0.1")).toMatch(/no member at 127\.0\.0\.1/);
});

test("a consumer that ends with its broker is started anew once, as soon as Kafka serves groups again", async () => {
  const listen = async (at: number): Promise<Server> => {
    const server = createServer((socket) => {
      socket.on("error", () => {});
    }).listen(at, "127.0.0.1");
    await once(server, "listening");
    return server;
  };
  group = new Error("the coordinator is not available");
  let broker = await listen(0);
  const { port } = broker.address() as { port: number };
  const bootstrap = { WATCH_BOOTSTRAP: `127.0.0.1:${port}` };
  // It may come back by itself, and is given its time.
  const patient = watchWith(bootstrap);
  watch = watchWith({ ...bootstrap, WATCH_ENDS_WITH_BROKER: "true" });
  await Promise.all([watch.start(), patient.start()]);
  const come = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1_100));
  broker.close();
  await come();
  broker = await listen(port);
  await come();
  await watch.look();
  expect(watch.dead()).toBeUndefined();
  group = undefined;
  await Promise.all([watch.look(), patient.look()]);
  expect(watch.dead()).toBe("Kafka was away, with which the consumer of group auth_consumer has ended");
  expect(patient.dead()).toBeUndefined();
  watch.ordered();
  await watch.look();
  expect(watch.dead()).toBeUndefined();
  // A service that was seen to be gone since has begun anew by itself.
  broker.close();
  await come();
  broker = await listen(port);
  await come();
  const at = (service.address() as { port: number }).port;
  await new Promise((resolve) => service.close(resolve));
  await watch.look();
  await new Promise<void>((resolve) => service.listen(at, "127.0.0.1", resolve));
  await watch.look();
  expect(watch.dead()).toBeUndefined();
  patient.close();
  broker.close();
});

test("a service that is too busy to answer at its port is not one that has begun anew", async () => {
  let port: Knocked = "open";
  const states = [{ partition: "auth_events/0", committed: 4n, start: 0n, end: 5n }];
  const env = {
    WATCH_BOOTSTRAP: "kafka:9092",
    WATCH_GROUP: "auth_consumer",
    WATCH_HOST: "auth-service",
    WATCH_SERVICE_PORT: "2000",
    WATCH_PORT: "0",
  };
  watch = new ConsumerWatch(
    readWatch(env),
    async () => states,
    undefined,
    async () => port,
  );
  const start = Date.now();
  await looks(start, 0, 20);
  port = "silent";
  await looks(start, 25, 40);
  expect(watch.dead(start + 41_000)).toMatch(/than 4/);
  // It is dead until it is gone.
  await looks(start, 45, 60);
  expect(watch.dead(start + 61_000)).toMatch(/than 4/);
  expect(watch.ailing(start + 71_000)).toMatch(/does not accept/);
  port = "closed";
  await looks(start, 65, 65);
  expect(watch.dead(start + 66_000)).toBeUndefined();
});
