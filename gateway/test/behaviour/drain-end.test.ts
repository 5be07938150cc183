import { describe, expect, test } from "vitest";
import { type Client, eventually, pause } from "../support/client.ts";
import { accepted, handshake } from "../support/frames.ts";
import { Gateway, type Slot } from "../support/gateway.ts";
import { Load } from "../support/load.ts";
import { always } from "../support/upstream.ts";
import { get, head } from "../support/verdict.ts";

/** Clients that hold on to the gateway; each returns what is to be ended afterwards. */
const holding: Readonly<Record<string, (gateway: Gateway, slot: Slot) => Promise<readonly Client[]>>> = {
  "refused handshakes whose clients stay": async (gateway, { socket }) => {
    const clients = Array.from({ length: 20 }, () =>
      gateway.open({ allowHalfOpen: true }).send(handshake(`${socket}/../x`)),
    );
    for (const client of clients) await client.until(() => client.closed);
    return clients;
  },
  "clients that stay after their last answer": async (gateway, { prefix }) => {
    const clients = Array.from({ length: 20 }, () =>
      gateway.open({ allowHalfOpen: true }).send(get(`${prefix}/x`, "Connection: close")),
    );
    for (const client of clients) await client.until(() => client.closed);
    return clients;
  },
  "a client that takes nothing of its answer": async (gateway, { upstream, prefix }) => {
    upstream.answer = ({ socket }) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n");
      socket.write(Buffer.alloc(50_000_000));
    };
    const client = gateway.open({ paused: true }).send(get(`${prefix}/x`));
    await pause(300);
    return [client];
  },
  "a service that never answers": async (gateway, { upstream, prefix }) => {
    upstream.answer = () => {};
    const client = gateway.open().send(get(`${prefix}/x`));
    await eventually(() => upstream.connections[0]?.answered === 1, "the request at the upstream");
    return [client];
  },
  "a handshake that is never answered": async (gateway, { upstream, socket }) => {
    upstream.answer = () => {};
    const client = gateway.open().send(handshake(`${socket}/x`));
    await eventually(() => upstream.connections[0]?.answered === 1, "the handshake at the upstream");
    return [client];
  },
  "a tunnel with one side ended": async (gateway, { upstream, socket }) => {
    upstream.answer = always(accepted());
    const client = gateway.open({ allowHalfOpen: true }).send(handshake(`${socket}/x`));
    await client.until(() => client.answers.length > 0);
    client.socket.end();
    return [client];
  },
  "an upload that never ends": async (gateway, { prefix }) => {
    const client = gateway.open().send(head("POST", `${prefix}/x`, "Content-Length: 1000000000"));
    const more = setInterval(() => client.send("x".repeat(1000)), 20);
    client.socket.once("close", () => clearInterval(more));
    return [client];
  },
  "a client that goes on sending after a refusal": async (gateway, { prefix }) => {
    const client = gateway.open({ allowHalfOpen: true });
    client.send(head("POST", `${prefix}/x`, "Content-Length: 99999999999"));
    const more = setInterval(() => client.send("x".repeat(1000)), 20);
    client.socket.once("close", () => clearInterval(more));
    await client.until(() => client.closed);
    return [client];
  },
  "pipelined requests behind a slow one": async (gateway, { upstream, prefix }) => {
    upstream.answer = () => {};
    const client = gateway.open().send(get(`${prefix}/x`).repeat(200));
    await eventually(() => upstream.connections[0]?.answered === 1, "the first at the upstream");
    return [client];
  },
};

/** Sends TERM and waits for the end. */
async function expectEnd(gateway: Gateway): Promise<void> {
  const start = Date.now();
  gateway.signal("SIGTERM");
  // 800 ms and two seconds are what is promised; the rest is for a busy machine.
  await eventually(() => gateway.exitCode !== undefined, "the process ends", 9_000);
  expect(gateway.exitCode).toBe(0);
  expect(Date.now() - start).toBeLessThan(8_000);
}

const env = { GATEWAY_DRAIN_MS: "800", GATEWAY_DRAIN_DELAY_MS: "0" };

describe.concurrent("TERM ends the process at its limit (Kubernetes grace period)", () => {
  test.each(Object.keys(holding))("must: whoever holds on to it: %s", async (name) => {
    const gateway = await Gateway.start({ env });
    const clients = (await holding[name]?.(gateway, gateway.slot())) ?? [];
    try {
      await expectEnd(gateway);
    } finally {
      for (const client of clients) client.destroy();
      await gateway.stop();
    }
  });

  test("must: whoever holds on to it: handshakes over their rate whose clients stay", async () => {
    const gateway = await Gateway.start({
      env: { ...env, GATEWAY_LINGER_MS: "600000", GATEWAY_LINGER_MAX_MS: "600000" },
      route: { rate_limit: { per_client: { rate: 0.001, burst: 1 } } },
    });
    const { upstream, socket } = gateway.slot();
    upstream.answer = () => {};
    const clients = Array.from({ length: 20 }, () =>
      gateway.open({ allowHalfOpen: true }).send(handshake(`${socket}/x`)),
    );
    await eventually(() => clients.filter(({ closed }) => closed).length === 19, "they are refused");
    try {
      await expectEnd(gateway);
    } finally {
      for (const client of clients) client.destroy();
      await gateway.stop();
    }
  });

  test("must: under load", async () => {
    const gateway = await Gateway.start({ env });
    const load = new Load(gateway, `${gateway.slot().prefix}/x`);
    await eventually(() => load.answered > 100, "the load");
    try {
      await expectEnd(gateway);
    } finally {
      load.stop();
      await gateway.stop();
    }
  });

  test.each(["1", "2"])(
    "must: when nobody reads its log and the pipe is full (%s workers)",
    async (workers) => {
      const gateway = await Gateway.start({ env: { ...env, GATEWAY_WORKERS: workers } });
      gateway.leaveLog();
      // Lines of some KiB each: more than a pipe and the gateway's own buffers hold.
      const target = `/nowhere/${"x".repeat(4_000)}`;
      const clients = Array.from({ length: 8 }, () => gateway.open());
      for (let i = 0; i < 40; i++) {
        for (const client of clients) client.send(get(target).repeat(10));
        await pause(20);
      }
      try {
        await expectEnd(gateway);
      } finally {
        for (const client of clients) client.destroy();
        await gateway.stop();
      }
    },
  );
});
