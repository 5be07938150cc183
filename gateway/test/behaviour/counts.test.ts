import { expect, test } from "vitest";
import { eventually, pause } from "../support/client.ts";
import { accepted, handshake } from "../support/frames.ts";
import { freePort, metric } from "../support/metrics.ts";
import { suiteGateway } from "../support/suite.ts";
import { openTunnel } from "../support/tunnels.ts";
import { always } from "../support/upstream.ts";
import { get, head, post } from "../support/verdict.ts";

let metrics = 0;
const gateway = suiteGateway(async () => {
  metrics = await freePort();
  return {
    slots: 40,
    env: {
      GATEWAY_METRICS_PORT: String(metrics),
      GATEWAY_BODY_TIMEOUT_MS: "500",
      GATEWAY_HEADERS_TIMEOUT_MS: "500",
      GATEWAY_RESPONSE_TIMEOUT_MS: "700",
    },
    route: { max_body_bytes: 100 },
  };
});

/** Requests and refusals counted, and lines of requests in the log, so far. */
async function counts(): Promise<readonly [requests: number, refusals: number, lines: number]> {
  // The log is written a moment later.
  await pause(350);
  return [
    await metric(metrics, "gateway_requests_total"),
    await metric(metrics, "gateway_refusals_total"),
    gateway.lines("request").length,
  ];
}

// One after the other, since the numbers are those of the whole process.
const unread = ["bytes that are no request", "a method that is not known", "a head that stalls"];
test.each([
  ["one that is served (mutant: not counted)", (p: string) => [get(`${p}/x`)], 1, 0],
  ["three on one connection", (p: string) => [get(`${p}/x`).repeat(3)], 3, 0],
  ["no route", () => [get("/nowhere")], 1, 1],
  ["the second of two has no route", (p: string) => [get(`${p}/x`) + get("/nowhere")], 2, 1],
  [
    "a broken chunk at once",
    (p: string) => [`${head("POST", `${p}/x`, "Transfer-Encoding: chunked")}ZZ\r\n`],
    1,
    1,
  ],
  [
    "a broken chunk later",
    (p: string) => [`${head("POST", `${p}/x`, "Transfer-Encoding: chunked")}3\r\nabc\r\n`, "ZZ\r\n"],
    1,
    1,
  ],
  [
    "broken trailers",
    (p: string) => [
      `${head("POST", `${p}/x`, "Transfer-Encoding: chunked")}3\r\nabc\r\n`,
      "0\r\nbroken\r\n\r\n",
    ],
    1,
    1,
  ],
  ["a body that stalls", (p: string) => [post(`${p}/x`, "abc", "Content-Length: 10")], 1, 1],
  ["a body that is too large", (p: string) => [head("POST", `${p}/x`, "Content-Length: 101")], 1, 1],
  [
    "a chunked body that is too large",
    (p: string) => [post(`${p}/x`, `c8\r\n${"x".repeat(200)}\r\n`, "Transfer-Encoding: chunked")],
    1,
    1,
  ],
  ["bytes that are no request", () => ["no request\r\n\r\n"], 1, 1],
  ["a method that is not known", () => ["FOO /x HTTP/1.1\r\nHost: gw\r\n\r\n"], 1, 1],
  ["a head that stalls", () => ["GET /x HTTP/1.1\r\nHost: gw\r\n"], 1, 1],
  ["no Host", (p: string) => [`GET ${p}/x HTTP/1.1\r\n\r\n`], 1, 1],
  ["TRACE", (p: string) => [head("TRACE", `${p}/x`)], 1, 1],
  [
    "a broken chunk that waits",
    (p: string) => [`${get(`${p}/x`)}${head("POST", `${p}/y`, "Transfer-Encoding: chunked")}ZZ\r\n`],
    2,
    1,
  ],
  ["an answer that is none", (p: string) => [get(`${p}/broken`)], 1, 1],
  ["an answer that does not come", (p: string) => [get(`${p}/silent`)], 1, 1],
  ["a handshake that is refused", () => [handshake("/nowhere")], 1, 1],
] as const)("must: counted once, and one line in the log: %s", async (name, parts, requests, refusals) => {
  const { upstream, prefix } = gateway.slot();
  upstream.answer = ({ socket }, { startLine }) => {
    if (startLine.includes("/broken")) socket.end("no HTTP\r\n\r\n");
    else if (!startLine.includes("/silent")) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  };
  const before = await counts();
  const client = gateway.open();
  for (const part of parts(prefix)) {
    client.send(part);
    await pause(50);
  }
  await client.settle(requests, 5_000);
  client.destroy();
  const after = await counts();
  expect(after.slice(0, 2)).toEqual([before[0] + requests, before[1] + refusals]);
  // What could not be read as a request may have a line of another kind.
  if (!unread.includes(name)) expect(after[2]).toBe(before[2] + requests);
});

test("must: a tunnel is counted once, when its handshake is answered", async () => {
  const { upstream, socket } = gateway.slot();
  upstream.answer = always(accepted());
  const before = await counts();
  const client = gateway.open().send(handshake(`${socket}/x`));
  await client.until(() => client.answers.length > 0);
  const open = await counts();
  expect(open.slice(0, 2)).toEqual([before[0] + 1, before[1]]);
  client.destroy();
  await eventually(() => upstream.connections[0]?.ended === true, "the tunnel ends");
  expect(await counts()).toEqual([before[0] + 1, before[1], before[2] + 1]);
});

test("must: event streams and tunnels are busy connections of their upstream, until they end", async () => {
  const slot = gateway.slot();
  const { upstream } = slot;
  const at = `:${upstream.port}"`;
  const busy = () => metric(metrics, "gateway_upstream_connections", 'state="busy"', at);
  const tunnels = [await openTunnel(gateway, slot), await openTunnel(gateway, slot)];
  upstream.answer = always("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n");
  const streams = Array.from({ length: 3 }, () => gateway.open().send(get(`${slot.prefix}/x`)));
  await eventually(() => streams.every(({ text }) => text.includes("data: 1")), "the streams have begun");
  expect(await busy()).toBe(5);
  for (const client of streams) client.destroy();
  for (const { client } of tunnels) client.destroy();
  await eventually(() => upstream.connections.every(({ ended }) => ended), "they end");
  await expect.poll(busy).toBe(0);
});

test("must: a client that ends after pipelined requests has asked for nothing more (RFC 9112 9.3.2)", async () => {
  const { prefix } = gateway.slot();
  const errors = () => gateway.lines("client-error").length;
  const before = await counts();
  const errorsBefore = errors();
  // Around the number at which the gateway reads no more for a while.
  const many = Array.from({ length: 25 }, (_, i) => 16 + i);
  const clients = many.map((count) =>
    gateway.open({ allowHalfOpen: true }).send(get(`${prefix}/x`).repeat(count)),
  );
  for (const [i, client] of clients.entries()) {
    await client.settle(many[i]);
    client.socket.end();
  }
  await eventually(() => clients.every(({ closed }) => closed), "the gateway ends them too");
  for (const client of clients) client.destroy();
  expect(clients.map(({ answers }) => answers.length)).toEqual(many);
  expect(clients.filter(({ text }) => text.includes("HTTP/1.1 400"))).toEqual([]);
  const all = many.reduce((sum, count) => sum + count, 0);
  expect(await counts()).toEqual([before[0] + all, before[1], before[2] + all]);
  expect(errors()).toBe(errorsBefore);
});
