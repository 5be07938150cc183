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
const connected = () => vi.waitFor(() => expect(sockets).toHaveLength(1), { timeout: 3000, interval: 20 });

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
  await new Promise((resolve) => setTimeout(resolve, 700));
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

test("a broker that was not there at first is one that comes back", async () => {
  await die();
  link.start();
  await new Promise((resolve) => setTimeout(resolve, 200));
  await listen();
  await connected();
  expect(link.returned).toBe(true);
});
