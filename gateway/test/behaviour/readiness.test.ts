import { afterAll, describe, expect, test } from "vitest";
import { eventually, pause } from "../support/client.ts";
import { Gateway } from "../support/gateway.ts";
import { type Message, statusOf } from "../support/strict.ts";
import { Upstream } from "../support/upstream.ts";
import { get, onlyAnswer } from "../support/verdict.ts";

const upstreams: Upstream[] = [];
afterAll(async () => {
  await Promise.all(upstreams.map((upstream) => upstream.close()));
});

/** A gateway whose only service is asked at a health path, which writes `first` and then `more`, again and again. */
async function gatewayBefore(first: string, more: string) {
  const upstream = await new Upstream().listen();
  upstreams.push(upstream);
  upstream.answer = ({ socket }) => {
    socket.write(first);
    const timer = setInterval(() => socket.write(more), 50);
    socket.on("close", () => clearInterval(timer));
  };
  const route = {
    name: "a",
    host: "127.0.0.1",
    port: upstream.port,
    prefix: "/a",
    strip_prefix: true,
    skip_prefix: [],
    health: { path: "/h" },
  };
  const gateway = await Gateway.start({ slots: 0, routes: [route] });
  return { gateway, upstream };
}

const ready = async (gateway: Gateway): Promise<Message> =>
  onlyAnswer(await gateway.exchange(get("/_gateway/ready"), 1));

describe.concurrent("a health path that never ends its answer (Kubernetes readiness probes)", () => {
  test("must: one that drips its head has failed, in bounded time", async () => {
    const { gateway, upstream } = await gatewayBefore("HTTP/1.1 200 OK\r\nX-A: ", "a");
    const start = performance.now();
    expect(statusOf(await ready(gateway))).toBe(503);
    expect(performance.now() - start).toBeLessThan(5_000);
    await eventually(() => upstream.connections.every(({ ended }) => ended), "no probe is left");
    await gateway.stop();
  });

  test("must: one that never ends its body has answered, and no probe is left open (leaks)", async () => {
    const { gateway, upstream } = await gatewayBefore(
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n",
      ":\n",
    );
    for (let probes = 1; probes <= 2; probes++) {
      expect(statusOf(await ready(gateway))).toBe(200);
      expect(upstream.connections).toHaveLength(probes);
      await eventually(() => upstream.connections.every(({ ended }) => ended), "no probe is left", 1_500);
      // What a probe has found is used for a second.
      if (probes === 1) await pause(1_100);
    }
    await gateway.stop();
  });
});
