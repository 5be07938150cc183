import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { DeafAddress } from "../../test/support/deaf.ts";
import { Connecting } from "./connecting.ts";
import { UpstreamConnection } from "./connection.ts";
import { Endpoint } from "./endpoint.ts";

// A whole network of loopback is there on Linux only.
const [here, there] = ["127.0.0.1", "127.0.0.2"];
let port = 0;
let servers: Server[] = [];
let accepted: Socket[] = [];
let deaf: DeafAddress | undefined;

beforeEach(async () => {
  servers = [];
  accepted = [];
  port = 0;
});
afterEach(() => {
  for (const socket of accepted) socket.destroy();
  for (const server of servers) server.close();
  deaf?.close();
  vi.restoreAllMocks();
});

async function listen(host: string): Promise<void> {
  const server = createServer((socket) => accepted.push(socket)).listen(port, host);
  await once(server, "listening");
  servers.push(server);
  port = (server.address() as AddressInfo).port;
}

/** The address that accepted, or the code of the last one that failed. */
function connect(endpoints: readonly Endpoint[]): { ended: Promise<string>; search: Connecting } {
  let search: Connecting | undefined;
  const ended = new Promise<string>((resolve) => {
    search = new Connecting(endpoints, port, {
      onUpstreamConnected: (connection: UpstreamConnection) => {
        resolve(connection.endpoint.address);
        connection.destroy();
      },
      onNoConnection: resolve,
    });
  });
  return { ended, search: search as unknown as Connecting };
}
const endpoints = (...addresses: string[]) => addresses.map((address) => new Endpoint(address));
const avoided = (all: readonly Endpoint[]) => all.map((endpoint) => endpoint.isAvoided(performance.now()));

describe.runIf(process.platform === "linux")("addresses one after the other", () => {
  test("the first that accepts is taken, those that refuse are avoided for a while", async () => {
    await listen(there);
    const all = endpoints(here, "127.0.0.3", there);
    expect(await connect(all).ended).toBe(there);
    expect(avoided(all)).toEqual([true, true, false]);
    expect(all[0]?.isAvoided(performance.now() + 6_000)).toBe(false);
  });

  test("one that is silent is not waited for, and then closed, and avoided for a while", async () => {
    await listen(here);
    deaf = await new DeafAddress().listen(there, port);
    const all = endpoints(there, here);
    const destroy = vi.spyOn(UpstreamConnection.prototype, "destroy");
    expect(await connect(all).ended).toBe(here);
    expect(avoided(all)).toEqual([true, false]);
    // The other one is closed by its user here.
    expect((destroy.mock.contexts as UpstreamConnection[]).map(({ endpoint }) => endpoint.address)).toEqual([
      there,
      here,
    ]);
  });

  test("one that accepts again is trusted again", async () => {
    await listen(here);
    const all = endpoints(here);
    all[0]?.avoid();
    expect(avoided(all)).toEqual([true]);
    await connect(all).ended;
    expect(avoided(all)).toEqual([false]);
  });

  test("when all refuse, the last one's error is told once", async () => {
    await listen(here);
    servers.pop()?.close();
    const owner = { onUpstreamConnected: vi.fn(), onNoConnection: vi.fn() };
    new Connecting(endpoints(here, there), port, owner);
    await vi.waitFor(() => expect(owner.onNoConnection).toHaveBeenCalled());
    expect(owner.onNoConnection).toHaveBeenCalledExactlyOnceWith("ECONNREFUSED");
    // An address of the wrong kind fails in its own way.
    expect(await connect(endpoints(here, "255.255.255.255")).ended).not.toBe("ECONNREFUSED");
  });
});

test("whoever gives up hears nothing more, and leaves nothing open", async () => {
  await listen(here);
  const owner = { onUpstreamConnected: vi.fn(), onNoConnection: vi.fn() };
  new Connecting(endpoints(here), port, owner).giveUp();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(owner.onUpstreamConnected).not.toHaveBeenCalled();
  expect(owner.onNoConnection).not.toHaveBeenCalled();
  expect(accepted.filter((socket) => !socket.readableEnded && !socket.destroyed && socket.readable)).toEqual(
    [],
  );
});
