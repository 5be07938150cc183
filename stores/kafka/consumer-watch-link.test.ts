import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { ConsumerWatch, readWatch } from "./consumer-watch.ts";
import type { AskGroup } from "./group-progress.ts";

/** What may be closed again at a test's end. */
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A server that can go away with all its connections, and come back at its port. */
class Place {
  readonly sockets = new Set<Socket>();
  #server: Server | undefined;
  port = 0;

  async come(): Promise<this> {
    this.#server = createServer((socket) => {
      this.sockets.add(socket.on("error", () => {}));
      socket.on("close", () => this.sockets.delete(socket));
    }).listen(this.port, "127.0.0.1");
    await once(this.#server, "listening");
    this.port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  /** @param lost the connections that it ends; default: all. */
  go(lost: Iterable<Socket> = this.sockets): void {
    this.#server?.close();
    for (const socket of lost) socket.destroy();
  }
}
const server = async () => {
  const made = await new Place().come();
  ends.push(() => made.go());
  return made;
};

/** A watch that has started, and what a service's probe hears of it. */
async function watching(bootstrap: number, service: Place, ask: AskGroup, more: Record<string, string> = {}) {
  const watch = new ConsumerWatch(
    readWatch({
      WATCH_BOOTSTRAP: `127.0.0.1:${bootstrap}`,
      WATCH_GROUP: "auth_consumer",
      WATCH_HOST: "127.0.0.1",
      WATCH_SERVICE_PORT: String(service.port),
      WATCH_PORT: "0",
      WATCH_ENDS_WITH_BROKER: "true",
      ...more,
    }),
    ask,
  );
  ends.push(() => watch.close());
  const port = await watch.start();
  const dead = async () => (await fetch(`http://127.0.0.1:${port}/dead`)).status;
  return { watch, dead };
}

test("a service that begins anew after Kafka's return, between two looks, is not ended once more", async () => {
  const [kafka, service] = await Promise.all([server(), server()]);
  const { watch, dead } = await watching(kafka.port, service, async () => []);
  await vi.waitFor(() => expect(kafka.sockets.size).toBe(2));
  kafka.go();
  await pause(1100);
  await kafka.come();
  await vi.waitFor(() => expect(kafka.sockets.size).toBe(2), { timeout: 3000 });
  await watch.look();
  expect(watch.dead()).toMatch(/Kafka was away/);
  service.go();
  await pause(1200);
  await service.come();
  expect(await dead()).toBe(404);
  await watch.look();
  expect(await dead()).toBe(404);
});

test("nor is one whose member was away, and that begins anew before it is told to", async () => {
  const [kafka, service] = await Promise.all([server(), server()]);
  const { watch } = await watching(kafka.port, service, async () => undefined, {
    WATCH_PATIENCE_SECONDS: "3",
  });
  const begun = Date.now();
  await pause(1500);
  service.go();
  await pause(1200);
  await service.come();
  expect(watch.dead(begun + 4_000)).toBeUndefined();
  expect(watch.dead(begun + 7_500)).toMatch(/no member/);
});

test("a connection that Kafka ends as idle, and does not take again at once, ends no service", async () => {
  const [kafka, service] = await Promise.all([server(), server()]);
  const { watch } = await watching(kafka.port, service, async () => []);
  await vi.waitFor(() => expect(kafka.sockets.size).toBe(2));
  kafka.go([...kafka.sockets].slice(0, 1));
  await pause(1200);
  await kafka.come();
  await pause(700);
  await watch.look();
  expect(watch.dead()).toBeUndefined();
});

test("of several brokers behind an address the death of one is told by what waits, not by a connection", async () => {
  const brokers = await Promise.all([server(), server(), server()]);
  const service = await server();
  const alive = new Set(brokers);
  let turn = 0;
  const address = createServer((client) => {
    const broker = connect([...alive][turn++ % alive.size]?.port ?? 0, "127.0.0.1");
    client.pipe(broker).pipe(client);
    for (const [socket, other] of [
      [client, broker],
      [broker, client],
    ] as const)
      socket.on("error", () => {}).on("close", () => other.destroy());
  }).listen(0, "127.0.0.1");
  await once(address, "listening");
  ends.push(() => address.close());
  let states = [{ partition: "auth_events/0", committed: 4n, start: 0n, end: 4n }];
  const { watch } = await watching((address.address() as AddressInfo).port, service, async () => states);
  await pause(500);
  const first = brokers[0] as Place;
  alive.delete(first);
  first.go();
  await pause(1500);
  await first.come();
  alive.add(first);
  await pause(700);
  const now = Date.now();
  await watch.look(now);
  expect(watch.dead(now)).toBeUndefined();
  states = [{ partition: "auth_events/0", committed: 4n, start: 0n, end: 5n }];
  await watch.look(now);
  await watch.look(now + 39_000);
  expect(watch.dead(now + 39_000)).toBeUndefined();
  await watch.look(now + 41_000);
  expect(watch.dead(now + 41_000)).toMatch(/reads no further in auth_events\/0 than 4/);
});
