import { once } from "node:events";
import { createServer, get } from "node:http";
import type { Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { connected, listening } from "../test/support/bare-server.ts";
import { createGateway } from "./gateway.ts";
import { AccessLog } from "./observe/access-log.ts";
import { Metrics } from "./observe/metrics.ts";
import { parseRouteTable } from "./routing/parse.ts";
import { readSettings } from "./settings.ts";

/** A gateway in this process, whose only route is `/a`. */
async function started(env: Readonly<Record<string, string>> = {}, upstream = 1) {
  const lines: Record<string, unknown>[] = [];
  const log = new AccessLog({
    write: (text) =>
      lines.push(
        ...text
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line)),
      ),
  });
  const metrics = new Metrics();
  const table = parseRouteTable({
    services: [{ name: "a", host: "127.0.0.1", port: upstream, prefix: "/a", strip_prefix: true }],
  });
  const settings = readSettings({ PROXY_HOST: "127.0.0.1", GATEWAY_DRAIN_DELAY_MS: "0", ...env });
  const gateway = createGateway(table, settings, { log, metrics });
  const port = await listening(gateway.server);
  /** The sum over the series of a family. */
  const count = (family: string, label = "") =>
    metrics
      .snapshot()
      .filter(({ name }) => name === family)
      .flatMap((each) => (each.type === "histogram" ? [] : each.samples))
      .filter(({ labels }) => JSON.stringify(labels).includes(label))
      .reduce((sum, { value }) => sum + value, 0);
  return { gateway, port, count, lines, log };
}

test("connections beyond the reserve are closed without a word, counted, and told in one line", async () => {
  const { port, count, lines, log } = await started({ GATEWAY_MAX_CONNECTIONS: "1" });
  const all = await Promise.all(
    Array.from({ length: 40 }, async () => {
      const socket = await connected(port, { allowHalfOpen: true });
      const client = { bytes: 0, over: false };
      socket.on("data", ({ length }: Buffer) => {
        client.bytes += length;
      });
      for (const event of ["end", "close"]) socket.on(event, () => Object.assign(client, { over: true }));
      return client;
    }),
  );
  // The first one has its place.
  await expect.poll(() => all.filter(({ over }) => over).length, { timeout: 8_000 }).toBe(39);
  const silent = all.filter(({ over, bytes }) => over && bytes === 0).length;
  expect(silent).toBeGreaterThan(0);
  // Those of the reserve had an answer.
  expect(silent).toBeLessThan(39);
  expect(count("gateway_connections_refused_total", "total")).toBe(39);
  const told = () => {
    log.flush();
    return lines.filter(({ event }) => event === "connections-refused");
  };
  await expect
    .poll(() => told().reduce((sum, line) => sum + Number(line.count), 0), { timeout: 8_000 })
    .toBe(silent);
  expect(told()[0]).toMatchObject({ most: 1 });
});

test("a client that resets its connection has asked for nothing: no refusal, no line", async () => {
  const { gateway, port, count, lines, log } = await started();
  const accepted = once(gateway.server, "connection") as Promise<[Socket]>;
  const client = await connected(port);
  const [socket] = await accepted;
  client.write("GET /a/x HTTP/1.1\r\nHos");
  await expect.poll(() => socket.bytesRead, { timeout: 8_000 }).toBeGreaterThan(0);
  client.resetAndDestroy();
  await expect.poll(() => count("gateway_client_closes_total"), { timeout: 8_000 }).toBe(1);
  expect(count("gateway_client_closes_total", '"client"')).toBe(1);
  expect(count("gateway_refusals_total")).toBe(0);
  log.flush();
  expect(lines).toEqual([]);
});

test("a drain ends what is kept of the connections to upstreams", async () => {
  const upstream = createServer((_request, response) => void response.end("up"));
  const open = new Set<Socket>();
  upstream.on("connection", (socket: Socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
  });
  const { gateway, port } = await started({}, await listening(upstream));
  const request = get({ host: "127.0.0.1", port, path: "/a/x", agent: false });
  onTestFinished(() => void request.destroy());
  const [response] = await once(request, "response");
  await once(response.resume(), "end");
  expect(open.size).toBe(1);
  await gateway.close();
  await expect.poll(() => open.size, { timeout: 4_000 }).toBe(0);
});
