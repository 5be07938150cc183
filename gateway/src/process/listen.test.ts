import { type AddressInfo, createServer, type ListenOptions, Server } from "node:net";
import { expect, test } from "vitest";
import { listening } from "../../test/support/bare-server.ts";
import { listen, probePort } from "./listen.ts";
import { StartError } from "./start-error.ts";

/** As on a machine without IPv6. */
class Ipv4Alone extends Server {
  readonly asked: (string | undefined)[] = [];

  override listen(...args: unknown[]): this {
    const [{ host }, then] = args as [ListenOptions, () => void];
    this.asked.push(host);
    if (host?.includes(":")) {
      const error = Object.assign(new Error("no such family"), { code: "EAFNOSUPPORT" });
      process.nextTick(() => this.emit("error", error));
      return this;
    }
    return super.listen({ host, port: 0 }, then);
  }
}

test("all addresses of both families are those of IPv4 on a machine without IPv6", async () => {
  const server = new Ipv4Alone();
  await listen(server, { host: "::", port: 0 });
  expect(server.asked).toEqual(["::", "0.0.0.0"]);
  expect((server.address() as AddressInfo).address).toBe("0.0.0.0");
  server.close();
});

test("one address that is not there is an error, and no other one is taken for it", async () => {
  const server = new Ipv4Alone();
  await expect(listen(server, { host: "::1", port: 0 })).rejects.toThrow(/cannot listen on ::1:0/);
  expect(server.asked).toEqual(["::1"]);
});

test("all addresses of both families take a client of either", async () => {
  const server = new Server((socket) => socket.end());
  await listen(server, { host: "::", port: 0 });
  const { port } = server.address() as AddressInfo;
  const { connect } = await import("node:net");
  await new Promise<void>((resolve, reject) => {
    connect(port, "127.0.0.1").on("connect", resolve).on("error", reject).resume();
  });
  server.close();
});

const host = "127.0.0.1";

test("a port that is taken is found before anything serves, with the variable and the mend", async () => {
  const port = await listening(createServer());
  const problem = await probePort({ host, port }).catch((error: unknown) => error);
  expect(problem).toBeInstanceOf(StartError);
  expect(problem).toMatchObject({
    exitCode: 1,
    message: `PROXY_PORT: ${port} is taken: stop what listens there, or choose another port`,
  });
});

test("a host that is no address of this machine is told of as such", async () => {
  // RFC 5737: for documentation, assigned to nobody.
  const problem = await probePort({ host: "192.0.2.1", port: 0 }).catch((error: unknown) => error);
  expect(problem).toMatchObject({
    name: "StartError",
    exitCode: 1,
    message: 'PROXY_HOST: "192.0.2.1": is no address of this machine: use one, or 0.0.0.0 for all',
  });
});

test("a port that was tried is free again", async () => {
  const taken = createServer();
  const port = await listening(taken);
  await new Promise((resolve) => taken.close(resolve));
  await probePort({ host, port });
  const server = createServer();
  await listen(server, { host, port });
  await new Promise((resolve) => server.close(resolve));
});
