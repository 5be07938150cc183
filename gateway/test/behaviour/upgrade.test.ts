import { describe, expect, test } from "vitest";
import { eventually } from "../support/client.ts";
import { accepted, handshake } from "../support/frames.ts";
import { statusOf, values } from "../support/strict.ts";
import { suiteGateway } from "../support/suite.ts";
import { always } from "../support/upstream.ts";
import { expectForwarded, expectServed, get } from "../support/verdict.ts";

const gateway = suiteGateway({ slots: 40 });

describe.concurrent("what is no handshake is a plain request without Upgrade (CVE-2026-2833 class)", () => {
  test.each([
    [
      "should",
      "Upgrade on a POST with body",
      (t: string) =>
        `${handshake(t).replace("GET", "POST").replace("\r\n\r\n", "\r\nContent-Length: 3\r\n\r\n")}abc`,
      "POST",
      "abc",
    ],
    [
      "must",
      "Upgrade on a POST without body",
      (t: string) => handshake(t).replace("GET", "POST"),
      "POST",
      "",
    ],
    [
      "must",
      "Upgrade on a GET with body",
      (t: string) => `${handshake(t, "Content-Length: 3")}abc`,
      "GET",
      "abc",
    ],
    [
      "must",
      "Upgrade: foo",
      (t: string) => handshake(t).replace("Upgrade: websocket", "Upgrade: foo"),
      "GET",
      "",
    ],
    [
      "must",
      "Upgrade: websocket, h2c",
      (t: string) => handshake(t).replace("Upgrade: websocket", "Upgrade: websocket, h2c"),
      "GET",
      "",
    ],
    ["must", "no key", (t: string) => handshake(t).replace(/Sec-WebSocket-Key: .*\r\n/, ""), "GET", ""],
    [
      "should",
      "no version",
      (t: string) => handshake(t).replace(/Sec-WebSocket-Version: .*\r\n/, ""),
      "GET",
      "",
    ],
    [
      "should",
      "Upgrade that Connection does not name",
      (t: string) => handshake(t).replace("Connection: Upgrade", "Connection: keep-alive"),
      "GET",
      "",
    ],
    ["must", "HTTP/1.0", (t: string) => handshake(t).replace("HTTP/1.1", "HTTP/1.0"), "GET", ""],
  ])("%s: %s", async (_level, _name, bytes, method, body) => {
    const { upstream, socket } = gateway.slot();
    const received = await gateway.exchange(bytes(`${socket}/x`));
    expectServed(received);
    const request = expectForwarded(upstream, { method, body, target: `${socket}/x` });
    expect(values(request, "upgrade")).toEqual([]);
    expect(values(request, "connection").join()).not.toMatch(/upgrade/i);
  });

  // Node's parser reads `chunked` and a tab beside Upgrade as no body, and tells both alike.
  test.each([
    ["Transfer-Encoding: chunked", 200],
    ["Transfer-Encoding: chunked\t", 400],
  ])(
    "must: Upgrade beside %j: the whole body goes on, or nothing of the request does (RFC 9112 6.3)",
    async (field, status) => {
      const { upstream, socket } = gateway.slot();
      const received = await gateway.exchange(
        `${handshake(`${socket}/x`, field)}3\r\nabc\r\n0\r\n\r\n${get("/nowhere-inner")}`,
      );
      expect(received.answers.map(statusOf)).toEqual([status]);
      expect(received.closed).toBe(true);
      if (status === 200) expectForwarded(upstream, { target: `${socket}/x`, body: "abc" });
      else expect(upstream.bytes.length).toBe(0);
    },
  );

  test.each(["together", "apart"])(
    "must: nothing after it is read: Node's parser would pass over what is no HTTP (%s) (fuzz; RFC 9112 9.6)",
    async (how) => {
      const { upstream, prefix } = gateway.slot();
      const first = get(`${prefix}/first`, "Connection: Upgrade", "Upgrade: websocket");
      const rest = `GET ${prefix}/broken http/1.1\r\nHost: gw\r\n\r\n${get(`${prefix}/hidden`)}`;
      const client = gateway.open().send(how === "together" ? first + rest : first);
      if (how === "apart") {
        await client.until(() => client.answers.length > 0);
        client.send(rest);
      }
      const received = await client.settle(2, 1_000);
      expect(received.answers.map(statusOf)).toEqual([200]);
      expect(values(received.answers[0] as never, "connection")).toEqual(["close"]);
      expect(received.closed).toBe(true);
      expectForwarded(upstream, { target: "/first" });
    },
  );

  test("must: a handshake on a route without WebSocket (RFC 9110 7.8)", async () => {
    const { upstream, prefix } = gateway.slot();
    expectServed(await gateway.exchange(handshake(`${prefix}/x`)));
    expect(values(expectForwarded(upstream, { target: "/x" }), "upgrade")).toEqual([]);
  });

  test("must: Upgrade: foo answered 200: pipelined bytes are not tunnelled (CVE-2026-2833 (Pingora); RFC 9110 7.8)", async () => {
    const { upstream, prefix } = gateway.slot();
    const inner = "GET /secret HTTP/1.1\r\nHost: inner\r\n\r\n";
    const received = await gateway.exchange(
      `${get(`${prefix}/x`, "Connection: Upgrade", "Upgrade: foo")}${inner}`,
      2,
    );
    // The bytes are a request of their own, or the connection is done with.
    expect(received.answers.map(statusOf)).toEqual(received.answers.length > 1 ? [200, 404] : [200]);
    expect(received.reading.error).toBeUndefined();
    expectForwarded(upstream, { target: "/x" });
  });

  test("must: an upstream that answers such a request 101 all the same: 502, no tunnel (RFC 9110 15.2.2)", async () => {
    const { upstream, socket } = gateway.slot();
    upstream.answer = always(accepted());
    const bytes = handshake(`${socket}/x`).replace("Upgrade: websocket", "Upgrade: foo");
    const received = await gateway.exchange(`${bytes}${get("/nowhere-inner")}`);
    expect(statusOf(received.answers[0] as never)).toBe(502);
    expect(upstream.bytes.includes("nowhere-inner")).toBe(false);
    await eventually(() => upstream.connections[0]?.ended === true, "that upstream connection is closed");
  });
});
