import { describe, expect, test } from "vitest";
import { handshake } from "../support/frames.ts";
import { isNamed, statusOf, values } from "../support/strict.ts";
import { suiteGateway } from "../support/suite.ts";
import { expectForwarded, expectServed, get, head, onlyAnswer } from "../support/verdict.ts";

const gateway = suiteGateway({
  slots: 30,
  env: { GATEWAY_HEADERS_TIMEOUT_MS: "500", GATEWAY_BODY_TIMEOUT_MS: "800" },
  route: { max_body_bytes: 10 },
});
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe.concurrent("every answer carries an id to find it by", () => {
  test.each([
    ["a method that is not known", "FOO /s0/x HTTP/1.1\r\nHost: gw\r\n\r\n"],
    ["a method that is no token", "G(T /s0/x HTTP/1.1\r\nHost: gw\r\n\r\n"],
    ["a target that is too long", get(`/s0/${"x".repeat(40_000)}`)],
    ["raw UTF-8 in a target", "GET /s0/caf\xc3\xa9 HTTP/1.1\r\nHost: gw\r\n\r\n"],
    ["another protocol", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"],
    ["HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ["HTTP/0.9", "GET /s0/x\r\n\r\n"],
    ["HTTP/3", "GET /s0/x HTTP/3.0\r\nHost: gw\r\n\r\n"],
    ["a field that is none", get("/s0/x", "no field")],
    ["a field name with a space", get("/s0/x", "Bad Name: 1")],
    ["a folded field", get("/s0/x", "X-A: 1", " 2")],
    ["fields that are too long", get("/s0/x", `X-A: ${"a".repeat(70_000)}`)],
    ["two lengths", head("POST", "/s0/x", "Content-Length: 1", "Content-Length: 2")],
    ["a length and chunked", head("POST", "/s0/x", "Content-Length: 1", "Transfer-Encoding: chunked")],
    ["no Host", "GET /s0/x HTTP/1.1\r\n\r\n"],
    ["a body that is too large", head("POST", "/s0/x", "Content-Length: 11")],
    ["an Expect that is not known", get("/s0/x", "Expect: 200-maybe")],
    ["a fragment", get("/s0/x#y")],
    ["dot segments", get("/s0/../x")],
    ["no route", get("/nowhere")],
    ["TRACE", head("TRACE", "/s0/x")],
    ["a handshake for no route", handshake("/nowhere")],
    ["a chunk that is none", `${head("POST", "/s0/x", "Transfer-Encoding: chunked")}ZZ\r\n`],
    ["a head that stalls", "GET /s0/x HTTP/1.1\r\nHost: gw\r\n"],
    ["a control: the gateway's health", get("/_gateway/health")],
  ])("must: %s", async (_name, bytes) => {
    const received = await gateway.exchange(bytes);
    const answer = onlyAnswer(received);
    const [id = "", ...more] = values(answer, "x-request-id");
    expect(id).toMatch(uuid);
    expect(more).toEqual([]);
    expect(values(answer, "date")).toHaveLength(1);
    if (statusOf(answer) < 400) return;
    expect(values(answer, "content-type")).toEqual(["application/problem+json"]);
    expect(JSON.parse(answer.body.toString())).toMatchObject({ status: statusOf(answer), instance: id });
  });

  test("must: a refusal is in the log under its id", async () => {
    const received = await gateway.exchange("FOO /s0/logged HTTP/1.1\r\nHost: gw\r\n\r\n");
    const [id = ""] = values(onlyAnswer(received), "x-request-id");
    expect(id).toMatch(uuid);
    const client = gateway.open();
    expect(await client.until(() => gateway.log.some((line) => line.includes(id)))).toBe(true);
    client.destroy();
  });
});

describe.concurrent("an Upgrade to HTTP/2 is an offer that may be ignored (RFC 9110 7.8)", () => {
  const offer = ["Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAEAAEAAAAIAAAAB", "Upgrade: h2c"];
  const chunked = "5\r\nhello\r\n0\r\n\r\n";
  const body = "hello";
  test.each([
    ["Java's HttpClient with a streamed body", "POST", ["Transfer-encoding: chunked"], chunked],
    ["in another order", "PUT", ["Transfer-Encoding: chunked", "X-After: 1"], chunked],
    ["with a length", "POST", ["Content-Length: 5"], body],
    ["Expect and a chunked body", "POST", ["Transfer-Encoding: chunked", "Expect: 100-continue"], chunked],
    ["without a body", "GET", [], ""],
  ])("must: %s: served over HTTP/1.1", async (_name, method, fields, sent) => {
    const { upstream, prefix } = gateway.slot();
    const received = await gateway.exchange(head(method, `${prefix}/x`, ...offer, ...fields) + sent);
    const answer = received.answers.at(-1) as never;
    expect(statusOf(answer)).toBe(200);
    expect(received.reading.error).toBeUndefined();
    const request = expectForwarded(upstream, { method, body: sent === "" ? "" : body, target: "/x" });
    for (const name of ["upgrade", "http2-settings"]) {
      expect(values(request, name)).toEqual([]);
      expect(isNamed(request, name)).toBe(false);
    }
  });

  test("must: two such requests on one connection, if it is kept", async () => {
    const { upstream, prefix } = gateway.slot();
    const one = (i: number) =>
      head("POST", `${prefix}/${i}`, ...offer, "Transfer-Encoding: chunked") + chunked;
    const client = gateway.open().send(one(1));
    await client.settle(1);
    expect(client.answers.map(statusOf)).toEqual([200]);
    if (!client.closed) {
      client.send(one(2));
      await client.settle(2);
      expect(client.answers.map(statusOf)).toEqual([200, 200]);
    } else expect(values(client.answers[0] as never, "connection")).toEqual(["close"]);
    for (const request of upstream.requests) expect(request.body.toString()).toBe(body);
    client.destroy();
  });

  // Beside Upgrade Node's parser reports no error: it falls silent, and the body has stalled.
  test("must: a broken chunk in such a body is refused in bounded time, and never whole at the upstream (RFC 9112 7.1)", async () => {
    const { upstream, prefix } = gateway.slot();
    const bytes = `${head("POST", `${prefix}/x`, ...offer, "Transfer-Encoding: chunked")}5\r\nhello\r\nZZ\r\n`;
    expect([400, 408]).toContain(statusOf(onlyAnswer(await gateway.exchange(bytes))));
    expect(upstream.complete).toEqual([]);
  });

  test("must: a control: without the offer", async () => {
    const { prefix } = gateway.slot();
    expectServed(await gateway.exchange(head("POST", `${prefix}/x`, "Transfer-Encoding: chunked") + chunked));
  });
});

test("must: an answer of the gateway's own is kept by no cache, and a 204 announces no body (RFC 9110 8.6)", async () => {
  const missing = onlyAnswer(await gateway.exchange(get("/nowhere")));
  expect(values(missing, "cache-control")).toEqual(["no-store"]);
  const nothing = onlyAnswer(await gateway.exchange("OPTIONS * HTTP/1.1\r\nHost: gw\r\n\r\n"));
  expect(["content-length", "content-type"].flatMap((name) => values(nothing, name))).toEqual([]);
});

test("must: what a service says of pages elsewhere passes on a route without rules (Fetch standard)", async () => {
  const { upstream, prefix } = gateway.slot();
  upstream.answer = ({ socket }) =>
    socket.write("HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nContent-Length: 2\r\n\r\nok");
  const answer = onlyAnswer(await gateway.exchange(get(`${prefix}/x`)));
  expect(values(answer, "access-control-allow-origin")).toEqual(["*"]);
});
