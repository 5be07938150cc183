import { describe, expect, test } from "vitest";
import { eventually, pause } from "../support/client.ts";
import { accepted, handshake } from "../support/frames.ts";
import { Gateway } from "../support/gateway.ts";
import { Load } from "../support/load.ts";
import { statusOf } from "../support/strict.ts";
import { always } from "../support/upstream.ts";
import { expectServed, get } from "../support/verdict.ts";

describe.each([false, true])("a client connection on which nothing happens (under load: %s)", (loaded) => {
  test("must: is closed at its limit, without an answer (RFC 9112 9.5; mutant: never)", async () => {
    const gateway = await Gateway.start({ slots: 2, env: { GATEWAY_CLIENT_IDLE_MS: "600" } });
    const { prefix } = gateway.slot();
    const load = loaded ? new Load(gateway, `${gateway.slot().prefix}/load`) : undefined;
    try {
      const fresh = Array.from({ length: 5 }, () => gateway.open());
      const used = Array.from({ length: 5 }, () => gateway.open().send(get(`${prefix}/x`)));
      for (const client of used) expectServed(await client.settle(1, 8_000, 0));
      for (const client of [...fresh, ...used]) expect(await client.until(() => client.closed)).toBe(true);
      for (const client of fresh) expect([0, 408]).toContain(client.answers.map(statusOf)[0] ?? 0);
      for (const client of used) expect(client.answers.map(statusOf)).toEqual([200]);
    } finally {
      load?.stop();
      await gateway.stop();
    }
  });

  test("must: one that is used again and again is not", async () => {
    const gateway = await Gateway.start({ slots: 2, env: { GATEWAY_CLIENT_IDLE_MS: "2000" } });
    const { prefix } = gateway.slot();
    const load = loaded ? new Load(gateway, `${gateway.slot().prefix}/load`) : undefined;
    const client = gateway.open();
    for (let i = 1; i <= 5; i++) {
      client.send(get(`${prefix}/${i}`));
      await client.settle(i, 8_000, 0);
      await pause(600);
    }
    expect(client.answers.map(statusOf)).toEqual([200, 200, 200, 200, 200]);
    expect(client.closed).toBe(false);
    client.destroy();
    load?.stop();
    await gateway.stop();
  });
});

test("must: a client that waits for its answer is not idle, nor is one with an open tunnel", async () => {
  const gateway = await Gateway.start({ env: { GATEWAY_CLIENT_IDLE_MS: "300" } });
  const { upstream, prefix, socket } = gateway.slot();
  upstream.answer = (connection, { startLine }, index) => {
    if (startLine.includes("/slow"))
      setTimeout(
        () => always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")(connection, {} as never, index),
        1_500,
      );
    else connection.socket.write(accepted());
  };
  const waiting = gateway.open().send(get(`${prefix}/slow`));
  const tunnel = gateway.open().send(handshake(`${socket}/x`));
  expectServed(await waiting.settle());
  expect(tunnel.closed).toBe(false);
  expect(statusOf(tunnel.answers[0] as never)).toBe(101);
  waiting.destroy();
  tunnel.destroy();
  await gateway.stop();
});

describe("a kept connection to an upstream", () => {
  test.each([false, true])(
    "must: is closed when it was idle for too long (under load: %s; mutant: never)",
    async (loaded) => {
      const gateway = await Gateway.start({ slots: 2, env: { GATEWAY_UPSTREAM_IDLE_MS: "500" } });
      const { upstream, prefix } = gateway.slot();
      const load = loaded ? new Load(gateway, `${gateway.slot().prefix}/load`) : undefined;
      try {
        expectServed(await gateway.exchange(get(`${prefix}/1`)));
        const kept = upstream.connections[0];
        await eventually(() => kept?.ended === true, "it is closed", 6_000);
        expectServed(await gateway.exchange(get(`${prefix}/2`)));
        expect(upstream.connections).toHaveLength(2);
      } finally {
        load?.stop();
        await gateway.stop();
      }
    },
  );

  test("must: is kept until then, and a busy one is not idle", async () => {
    const gateway = await Gateway.start({ env: { GATEWAY_UPSTREAM_IDLE_MS: "1500" } });
    const { upstream, prefix } = gateway.slot();
    for (let i = 0; i < 4; i++) {
      expectServed(await gateway.exchange(get(`${prefix}/${i}`)));
      await pause(400);
    }
    upstream.answer = ({ socket }) =>
      void setTimeout(() => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), 3_000);
    expectServed(await gateway.exchange(get(`${prefix}/slow`)));
    expect(upstream.connections).toHaveLength(1);
    await gateway.stop();
  });
});
