import { afterAll, describe, expect, test } from "vitest";
import { eventually, pause } from "../support/client.ts";
import { DeafAddress } from "../support/deaf.ts";
import type { TestRoute } from "../support/gateway.ts";
import { suiteGateway } from "../support/suite.ts";
import { openTunnel } from "../support/tunnels.ts";
import { ok } from "../support/upstream.ts";
import { expectProblem, expectServed, get, head, onlyAnswer } from "../support/verdict.ts";

const deaf = new DeafAddress();
afterAll(() => deaf.close());
const gateway = suiteGateway(async () => {
  await deaf.listen();
  const silent: TestRoute = {
    name: "silent",
    host: "127.0.0.1",
    port: deaf.port,
    prefix: "/silent",
    strip_prefix: true,
    skip_prefix: [],
    timeouts: { connect_ms: 300 },
  };
  return {
    slots: 8,
    env: { GATEWAY_UPSTREAM_CONNECTIONS: "1", GATEWAY_BODY_TIMEOUT_MS: "700" },
    routes: [silent],
    route: { timeouts: { response_ms: 400, connect_ms: 8_000 } },
  };
});

/** Runs it, and says how long it took in milliseconds. */
async function timed(run: () => Promise<unknown>): Promise<number> {
  const start = Date.now();
  await run();
  return Date.now() - start;
}

describe.concurrent("a route's own waiting times (their defaults are 3 and 60 s)", () => {
  test("must: timeouts.connect_ms: 504 when it is over", async () => {
    const took = await timed(async () =>
      expectProblem(onlyAnswer(await gateway.exchange(get("/silent/x"))), 504),
    );
    expect(took).toBeGreaterThan(250);
    expect(took).toBeLessThan(2_000);
  });

  test.each([
    ["a request without a body", get],
    ["one whose body has come", (path: string) => `${head("POST", path, "Content-Length: 3")}abc`],
  ])("must: timeouts.response_ms: 504 when it is over: %s", async (_name, request) => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = () => {};
    const took = await timed(async () =>
      expectProblem(onlyAnswer(await gateway.exchange(request(`${prefix}/x`))), 504),
    );
    expect(took).toBeGreaterThan(350);
    expect(took).toBeLessThan(2_000);
  });

  test("must: a body that its upstream does not read is the upstream's stall, not the client's: 504", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.onConnection = ({ socket }) => socket.pause();
    const client = gateway.open();
    client.send(head("POST", `${prefix}/x`, "Content-Length: 30000000"));
    client.send(Buffer.alloc(30_000_000));
    expectProblem(onlyAnswer(await client.settle()), 504);
    client.destroy();
  });
});

test("must: a tunnel takes no kept connection, so that requests keep theirs", async () => {
  const slot = gateway.slot();
  expectServed(await gateway.exchange(get(`${slot.prefix}/first`)));
  const { client } = await openTunnel(gateway, slot);
  slot.upstream.answer = ok;
  expectServed(await gateway.exchange(get(`${slot.prefix}/second`)));
  expect(slot.upstream.connections).toHaveLength(2);
  client.destroy();
});

test("must: whoever leaves while it waits for a connection is passed over", async () => {
  const { upstream, prefix } = gateway.slot();
  upstream.answer = ({ socket }) =>
    setTimeout(() => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), 250);
  const first = gateway.open().send(get(`${prefix}/first`));
  await eventually(() => upstream.requests.length === 1, "at the upstream");
  const second = gateway.open().send(get(`${prefix}/gone`));
  await pause(50);
  second.destroy();
  const third = gateway.open().send(get(`${prefix}/third`));
  for (const client of [first, third]) {
    expectServed(await client.settle());
    client.destroy();
  }
  expect(upstream.bytes.includes("/gone")).toBe(false);
});

test("must: so many requests wait for a connection to a service, and the others are 503 at once", async () => {
  const { upstream, prefix } = gateway.slot();
  upstream.answer = () => {};
  const clients = Array.from({ length: 1_040 }, () => gateway.open().send(get(`${prefix}/x`)));
  await eventually(() => upstream.requests.length === 1, "at the upstream");
  const refused = () => clients.filter(({ bytes }) => bytes.includes(" 503 "));
  await eventually(() => refused().length > 0, "some are refused", 3_000);
  await pause(100);
  expect(refused().length).toBeLessThanOrEqual(16);
  upstream.answer = ({ socket }) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  for (const client of clients) client.destroy();
  expectServed(await gateway.exchange(get(`${prefix}/after`)));
});
