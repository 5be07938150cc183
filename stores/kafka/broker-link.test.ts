import dns from "node:dns";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { BrokerLink } from "./broker-link.ts";

let broker: Server;
const sockets: Socket[] = [];
let port = 0;
let link: BrokerLink;

async function listen(): Promise<void> {
  broker = createServer((socket) => sockets.push(socket.on("error", () => {})));
  broker.listen(port, "127.0.0.1");
  await once(broker, "listening");
  ({ port } = broker.address() as AddressInfo);
}
const dropAll = (): void => {
  for (const socket of sockets.splice(0)) socket.destroy();
};
async function die(): Promise<void> {
  broker.close();
  dropAll();
  await once(broker, "close");
}
const connected = (times = 2) =>
  vi.waitFor(() => expect(sockets).toHaveLength(times), { timeout: 3000, interval: 20 });
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

beforeEach(async () => {
  port = 0;
  await listen();
  link = new BrokerLink(`127.0.0.1:${port}`);
});
afterEach(() => {
  link.close();
  broker.close();
  dropAll();
});

test("a broker that dies and comes back is noticed, once", async () => {
  link.start();
  await connected();
  expect(link.returned).toBe(false);
  await die();
  await pause(700);
  expect(link.returned).toBe(false);
  await listen();
  await connected();
  expect(link.returned).toBe(true);
  link.forget();
  expect(link.returned).toBe(false);
});

test("a connection that the broker ends while it goes on is nothing", async () => {
  link.start();
  await connected();
  dropAll();
  await connected();
  expect(link.returned).toBe(false);
});

test("one connection that the broker ends is no absence, though it takes no new one for a moment", async () => {
  link.start();
  await connected();
  broker.close();
  sockets.pop()?.destroy();
  await pause(1200);
  await listen();
  await connected();
  expect(link.returned).toBe(false);
  // The other one is lost while the new one is there.
  broker.close();
  sockets.shift()?.destroy();
  await pause(1200);
  await listen();
  await connected();
  expect(link.returned).toBe(false);
});

test("a name that is not found for a moment is no absence, one that stays so is", {
  timeout: 15_000,
}, async () => {
  let known = false;
  const lookup = vi
    .spyOn(dns, "lookup")
    .mockImplementation(((_host: string, _options: object, done: (...args: unknown[]) => void) =>
      known
        ? done(null, [{ address: "127.0.0.1", family: 4 }])
        : done(Object.assign(new Error("not found"), { code: "ENOTFOUND" }))) as never);
  link = new BrokerLink(`kafka.invalid:${port}`);
  link.start();
  await pause(1200);
  known = true;
  await connected();
  expect(link.returned).toBe(false);
  known = false;
  dropAll();
  await pause(4500);
  known = true;
  await connected();
  expect(link.returned).toBe(true);
  lookup.mockRestore();
});

test("a broker that was not there at first is one that comes back", async () => {
  await die();
  link.start();
  await pause(200);
  await listen();
  await connected();
  expect(link.returned).toBe(true);
});
