import { describe, expect, test } from "vitest";
import { type Client, eventually, pause } from "../support/client.ts";
import { accepted, handshake } from "../support/frames.ts";
import { Gateway, type GatewayOptions } from "../support/gateway.ts";
import { freePort, metric } from "../support/metrics.ts";
import { statusOf, values } from "../support/strict.ts";
import { suiteGateway } from "../support/suite.ts";
import { always, ok } from "../support/upstream.ts";
import { expectServed, get, onlyAnswer } from "../support/verdict.ts";

/** What was counted of a gateway. */
interface Counted {
  refusals(): Promise<number>;
  /** Connections that were not taken. */
  turnedAway(reason: "total" | "client"): Promise<number>;
}

/** Runs a case with limits of its own, and tells what was counted. */
async function limited(
  env: NonNullable<GatewayOptions["env"]>,
  run: (gateway: Gateway, counted: Counted) => Promise<void>,
): Promise<void> {
  const port = await freePort();
  const gateway = await Gateway.start({ env: { GATEWAY_METRICS_PORT: String(port), ...env } });
  try {
    await run(gateway, {
      refusals: () => metric(port, "gateway_refusals_total"),
      turnedAway: (reason) => metric(port, "gateway_connections_refused_total", `reason="${reason}"`),
    });
  } finally {
    await gateway.stop();
  }
}

/** Connections that are in use, each with an answer. */
async function used(gateway: Gateway, prefix: string, count: number, from?: string): Promise<Client[]> {
  const clients = Array.from({ length: count }, () =>
    gateway.open(from === undefined ? {} : { from }).send(get(`${prefix}/held`)),
  );
  for (const client of clients) expectServed(await client.settle(1, 8_000, 0));
  return clients;
}

async function expectTurnedAway(client: Client): Promise<void> {
  const answer = onlyAnswer(await client.settle());
  expect(statusOf(answer)).toBe(503);
  expect(values(answer, "connection")).toEqual(["close"]);
  expect(await client.until(() => client.closed)).toBe(true);
  client.destroy();
}

describe("how many connections clients may have (CWE-770)", () => {
  test("must: more than GATEWAY_MAX_CONNECTIONS are turned away and counted, those before go on", async () => {
    await limited({ GATEWAY_MAX_CONNECTIONS: "5" }, async (gateway, { refusals, turnedAway }) => {
      const { upstream, prefix } = gateway.slot();
      const clients = await used(gateway, prefix, 5);
      const before = await refusals();
      for (let i = 0; i < 3; i++) await expectTurnedAway(gateway.open().send(get(`${prefix}/more`)));
      expect(await refusals()).toBe(before + 3);
      expect(await turnedAway("total")).toBe(3);
      expect(upstream.bytes.includes("/more")).toBe(false);
      clients[0]?.send(get(`${prefix}/again`));
      await clients[0]?.settle(2);
      expect(clients[0]?.answers.map(statusOf)).toEqual([200, 200]);
      clients[1]?.destroy();
      await pause(100);
      expectServed(await gateway.exchange(get(`${prefix}/next`)));
      for (const client of clients) client.destroy();
    });
  });

  test("must: more than GATEWAY_MAX_CONNECTIONS_PER_CLIENT are, and other clients are served", async () => {
    await limited({ GATEWAY_MAX_CONNECTIONS_PER_CLIENT: "3" }, async (gateway, { turnedAway }) => {
      const { prefix } = gateway.slot();
      const clients = await used(gateway, prefix, 3, "127.0.0.2");
      await expectTurnedAway(gateway.open({ from: "127.0.0.2" }).send(get(`${prefix}/more`)));
      expect([await turnedAway("client"), await turnedAway("total")]).toEqual([1, 0]);
      clients.push(...(await used(gateway, prefix, 3, "127.0.0.3")));
      for (const client of clients) client.destroy();
      await pause(100);
      for (const client of await used(gateway, prefix, 3, "127.0.0.2")) client.destroy();
    });
  });

  test("must: a trusted proxy may have more, since it speaks for many", async () => {
    const env = { GATEWAY_MAX_CONNECTIONS_PER_CLIENT: "2", GATEWAY_TRUSTED_PROXIES: "127.0.0.2" };
    await limited(env, async (gateway) => {
      const { prefix } = gateway.slot();
      for (const client of await used(gateway, prefix, 10, "127.0.0.2")) client.destroy();
      const clients = await used(gateway, prefix, 2, "127.0.0.3");
      await expectTurnedAway(gateway.open({ from: "127.0.0.3" }).send(get(`${prefix}/more`)));
      for (const client of clients) client.destroy();
    });
  });

  test("must: tunnels and requests under way are connections too", async () => {
    await limited({ GATEWAY_MAX_CONNECTIONS: "2" }, async (gateway) => {
      const { upstream, prefix, socket } = gateway.slot();
      upstream.answer = (connection, { startLine }, index) => {
        if (startLine.includes(socket)) always(accepted())(connection, {} as never, index);
      };
      const tunnel = gateway.open().send(handshake(`${socket}/x`));
      const waiting = gateway.open().send(get(`${prefix}/waiting`));
      await eventually(() => upstream.bytes.includes("/waiting"), "the request at the upstream");
      await tunnel.until(() => tunnel.answers.length > 0);
      await expectTurnedAway(gateway.open().send(get(`${prefix}/more`)));
      tunnel.destroy();
      await pause(100);
      upstream.answer = ok;
      expectServed(await gateway.exchange(get(`${prefix}/next`)));
      waiting.destroy();
    });
  });
});

describe("many quiet connections to one service", () => {
  const gateway = suiteGateway({ slots: 2 });

  test.each(["event streams", "tunnels"])(
    "must: 1024 %s do not keep another route of it from being served (HTML, server-sent events)",
    async (kind) => {
      const { upstream, prefix, socket } = gateway.slot();
      upstream.answer = (connection, request, index) => {
        const { startLine } = request;
        if (startLine.includes("/events"))
          connection.socket.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n");
        else if (startLine.includes("/tunnel")) connection.socket.write(accepted());
        else ok(connection, request, index);
      };
      const bytes = kind === "tunnels" ? handshake(`${socket}/tunnel`) : get(`${prefix}/events`);
      const clients: Client[] = [];
      // In portions, or the kernel's queue of new connections overflows.
      for (let i = 0; i < 16; i++) {
        const portion = Array.from({ length: 64 }, () => gateway.open().send(bytes));
        for (const client of portion) await client.until(() => client.bytes.length > 0);
        clients.push(...portion);
      }
      expect(upstream.connections).toHaveLength(1024);
      for (const target of [`${prefix}/x`, `${socket}/x`]) expectServed(await gateway.exchange(get(target)));
      expect(clients.filter(({ closed }) => closed)).toEqual([]);
      for (const client of clients) client.destroy();
    },
  );
});
