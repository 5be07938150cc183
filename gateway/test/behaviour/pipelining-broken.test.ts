import { describe, expect, test } from "vitest";
import { pause } from "../support/client.ts";
import type { Slot } from "../support/gateway.ts";
import { freePort, metric } from "../support/metrics.ts";
import { type Message, statusOf, values } from "../support/strict.ts";
import { suiteGateway } from "../support/suite.ts";
import { get, head, post } from "../support/verdict.ts";

let metrics = 0;
const gateway = suiteGateway(async () => {
  metrics = await freePort();
  return { slots: 40, env: { GATEWAY_BODY_TIMEOUT_MS: "60000", GATEWAY_METRICS_PORT: String(metrics) } };
});

/** The first request of a slot is answered after a while. */
function slowFirst({ upstream, prefix }: Slot): string {
  upstream.answer = ({ socket }, { startLine }) =>
    void setTimeout(
      () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
      startLine.includes("/first") ? 400 : 0,
    );
  return get(`${prefix}/first`);
}

describe.concurrent("a broken body that waits behind another request (RFC 9112 6.3, 7.1)", () => {
  const begin = (prefix: string, ...fields: string[]) =>
    head("POST", `${prefix}/second`, "Transfer-Encoding: chunked", ...fields);
  test.each([
    ["a chunk that has no size", "3\r\nabc\r\nZZ\r\n"],
    ["no chunk at all", "ZZ\r\n"],
    ["a negative size", "-1\r\n"],
    ["a size too large", "ffffffffffffffffff\r\n"],
    ["a chunk without its line end", "3\r\nabcdef\r\n"],
    ["broken trailers", "0\r\nno trailer\r\n\r\n"],
  ])("must: %s: 400 in its turn and at once, nothing of it goes further", async (_name, body) => {
    const slot = gateway.slot();
    const start = Date.now();
    const received = await gateway.exchange(slowFirst(slot) + begin(slot.prefix) + body, 2);
    expect(received.answers.map(statusOf)).toEqual([200, 400]);
    expect(received.closed).toBe(true);
    expect(values(received.answers[1] as Message, "x-request-id")).toHaveLength(1);
    // The time-out of a body that stalls is a minute here.
    expect(Date.now() - start).toBeLessThan(7_000);
    await pause(50);
    expect(slot.upstream.bytes.includes("second")).toBe(false);
  });

  test.each(["in pieces", "whole"])("must: when it comes %s while the first is under way", async (how) => {
    const slot = gateway.slot();
    const client = gateway.open().send(slowFirst(slot));
    await pause(50);
    const bytes = `${begin(slot.prefix)}3\r\nabc\r\nZZ\r\n`;
    const cut = how === "whole" ? bytes.length : 20;
    for (let at = 0; at < bytes.length; at += cut) {
      client.send(bytes.slice(at, at + cut));
      await pause(10);
    }
    const received = await client.settle(2);
    expect(received.answers.map(statusOf)).toEqual([200, 400]);
    expect(received.closed).toBe(true);
    expect(slot.upstream.bytes.includes("second")).toBe(false);
    client.destroy();
  });

  test("must: what stands before it is served, what follows it is not", async () => {
    const slot = gateway.slot();
    const { prefix } = slot;
    const bytes = `${slowFirst(slot)}${post(`${prefix}/a`, "abc", "Content-Length: 3")}${get(`${prefix}/b`)}${begin(prefix)}ZZ\r\n${get(`${prefix}/hidden`)}`;
    const received = await gateway.exchange(bytes, 4);
    expect(received.answers.map(statusOf)).toEqual([200, 200, 200, 400]);
    // They may go over several connections.
    expect(slot.upstream.requests.map(({ startLine }) => startLine.split(" ")[1]).sort()).toEqual([
      "/a",
      "/b",
      "/first",
    ]);
  });

  test("must: with Expect there is no 100 for it (RFC 9110 10.1.1)", async () => {
    const slot = gateway.slot();
    const bytes = `${slowFirst(slot)}${begin(slot.prefix, "Expect: 100-continue")}ZZ\r\n`;
    expect((await gateway.exchange(bytes, 2)).answers.map(statusOf)).toEqual([200, 400]);
  });
});

describe.concurrent("CONNECT (RFC 9110 9.3.6)", () => {
  const connect = "CONNECT inner:1 HTTP/1.1\r\nHost: inner:1\r\n\r\n";

  test("must: is refused in its turn, not before it (RFC 9112 9.3.2)", async () => {
    const slot = gateway.slot();
    const received = await gateway.exchange(slowFirst(slot) + connect, 2, ["GET", "CONNECT"]);
    expect(received.answers.map(statusOf)).toEqual([200, 405]);
    expect(received.answers[0]?.body.toString()).toBe("ok");
    expect(values(received.answers[1] as Message, "x-request-id")).toHaveLength(1);
    expect(values(received.answers[1] as Message, "content-type")).toEqual(["application/problem+json"]);
  });

  test("must: nothing that follows it reaches anybody as a tunnel's bytes", async () => {
    const slot = gateway.slot();
    const received = await gateway.exchange(`${connect}raw bytes\r\n\r\n${get(`${slot.prefix}/x`)}`, 2);
    expect(statusOf(received.answers[0] as Message)).toBe(405);
    expect(slot.upstream.bytes.includes("raw bytes")).toBe(false);
  });

  test.each([
    "CONNECT inner:443 HTTP/1.1\r\nHost: inner:443",
    "CONNECT /s0/x HTTP/1.1\r\nHost: gw",
    "CONNECT inner HTTP/1.0",
  ])("must: %j has an id and a line in the log, whatever its target", async (bytes) => {
    const received = await gateway.exchange(`${bytes}\r\n\r\n`);
    expect([405, 400]).toContain(statusOf(received.answers[0] as Message));
    const [id] = values(received.answers[0] as Message, "x-request-id");
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    const deadline = Date.now() + 5_000;
    const line = () => gateway.log.find((text) => text.includes(id as string));
    while (line() === undefined && Date.now() < deadline) await pause(50);
    expect(JSON.parse(line() ?? "{}")).toMatchObject({ id, event: "request" });
  });
});

test("must: a CONNECT is counted once", async () => {
  const total = () => metric(metrics, "gateway_requests_total");
  const refused = () => metric(metrics, "gateway_refusals_total");
  const before = [await total(), await refused()];
  await gateway.exchange("CONNECT inner:1 HTTP/1.1\r\nHost: inner:1\r\n\r\n");
  await pause(100);
  expect([await total(), await refused()]).toEqual(before.map((count) => count + 1));
});
