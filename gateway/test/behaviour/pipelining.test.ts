import { describe, expect, test } from "vitest";
import type { Received } from "../support/client.ts";
import { type Message, statusOf, values } from "../support/strict.ts";
import { suiteGateway } from "../support/suite.ts";
import type { Upstream } from "../support/upstream.ts";
import {
  expectCutOff,
  expectForwarded,
  expectServed,
  get,
  head,
  onlyAnswer,
  post,
} from "../support/verdict.ts";

const gateway = suiteGateway({ slots: 100 });

/** A refusal, then either the next request's answer or an end that the refusal announced (RFC 9112 9.6). */
function expectBothOrClose(received: Received, upstream: Upstream): void {
  const [first, second] = received.answers;
  expect(statusOf(first as Message)).toBe(404);
  if (second === undefined) {
    expect(values(first as Message, "connection")).toEqual(["close"]);
    expect(received.closed).toBe(true);
    expect(upstream.connections).toHaveLength(0);
  } else {
    expect(statusOf(second)).toBe(200);
    expectForwarded(upstream, { target: "/x" });
  }
}

/** Sends a POST whose body hides a second request, which must never be seen as one. */
const smuggled = "GET /s0/smuggled HTTP/1.1\r\nHost: gw\r\n\r\n";

describe.concurrent("messages on one connection", () => {
  test("must: GET with a body stays framed, next request on the connection is intact (RFC 9110 9.3.1; CVE-2025-4366 class)", async () => {
    const { upstream, prefix } = gateway.slot();
    const body = smuggled;
    const received = await gateway.exchange(
      `${head("GET", `${prefix}/1`, `Content-Length: ${body.length}`)}${body}${get(`${prefix}/2`)}`,
      2,
    );
    expect(received.answers.map(statusOf)).toEqual([200, 200]);
    expect(upstream.requests.map((one) => [one.startLine, one.body.toString()])).toEqual([
      ["GET /1 HTTP/1.1", body],
      ["GET /2 HTTP/1.1", ""],
    ]);
  });

  test("must: ten pipelined requests answered in order (RFC 9112 9.3.2)", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = ({ socket }, { startLine }) => {
      const target = startLine.split(" ")[1] as string;
      // The earlier, the slower: order must not depend on who is ready first.
      setTimeout(
        () => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${target.length}\r\n\r\n${target}`),
        Math.max(0, 20 - 2 * Number(target.slice(1))),
      );
    };
    const received = await gateway.exchange(
      Array.from({ length: 10 }, (_, i) => get(`${prefix}/${i}`)).join(""),
      10,
    );
    expect(received.reading.error).toBeUndefined();
    expect(received.answers.map(({ body }) => body.toString())).toEqual(
      [..."0123456789"].map((i) => `/${i}`),
    );
    expect(upstream.requests).toHaveLength(10);
  });

  test("must: pipelined POST, POST chunked, GET (RFC 9112 9.3.2)", async () => {
    const { upstream, prefix } = gateway.slot();
    const received = await gateway.exchange(
      [
        post(`${prefix}/1`, "one", "Content-Length: 3"),
        post(`${prefix}/2`, "3\r\ntwo\r\n0\r\n\r\n", "Transfer-Encoding: chunked"),
        get(`${prefix}/3`),
      ].join(""),
      3,
    );
    expect(received.answers.map(statusOf)).toEqual([200, 200, 200]);
    expect(
      upstream.requests
        .map((one) => [one.startLine, one.body.toString()])
        .sort(([a = ""], [b = ""]) => a.localeCompare(b)),
    ).toEqual([
      ["GET /3 HTTP/1.1", ""],
      ["POST /1 HTTP/1.1", "one"],
      ["POST /2 HTTP/1.1", "two"],
    ]);
  });

  test.each(["/nowhere", "/s1/../x", "/_gateway/health"])(
    "must: body of a request answered by the gateway itself (%s) is never read as a request (CVE-2025-4366 class; Kettle 0.CL)",
    async (target) => {
      const { upstream, prefix } = gateway.slot();
      const inner = get(`${prefix}/smuggled`);
      for (const [fields, body] of [
        [`Content-Length: ${inner.length}`, inner],
        [`Content-Length: ${inner.length + 50}`, inner],
        ["Transfer-Encoding: chunked", `${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`],
      ] as const) {
        const received = await gateway.exchange(post(target, body, fields));
        expect(received.answers).toHaveLength(1);
        expect(upstream.connections).toHaveLength(0);
      }
    },
  );

  test("must: a whole refused request does not swallow the next one either (RFC 9112 9.3)", async () => {
    const { upstream, prefix } = gateway.slot();
    const received = await gateway.exchange(`${get("/nowhere")}${get(`${prefix}/x`)}`, 2);
    expectBothOrClose(received, upstream);
  });

  test("must: nothing that follows a refusal which ends the connection is handled, although it came with it (RFC 9112 9.6)", async () => {
    const { upstream, prefix } = gateway.slot();
    const fields = Array.from({ length: 250 }, (_, index) => `X-${index}: 1`);
    const received = await gateway.exchange(`${get(`${prefix}/1`, ...fields)}${get(`${prefix}/2`)}`, 2);
    expect(received.answers.map(statusOf)).toEqual([431]);
    expect(values(received.answers[0] as Message, "connection")).toEqual(["close"]);
    expect(received.closed).toBe(true);
    expect(upstream.connections).toHaveLength(0);
  });

  test("must: HTTP/1.0 client: not chunked, connection closed (RFC 9112 9.3, 6.1)", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = ({ socket }) =>
      socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n");
    const received = await gateway.exchange(`GET ${prefix}/x HTTP/1.0\r\nHost: gw\r\n\r\n`);
    expect(received.closed).toBe(true);
    const answer = expectServed(received);
    expect(values(answer, "transfer-encoding")).toEqual([]);
    expectForwarded(upstream, { target: "/x" });
  });

  test("should: HTTP/1.0 without Host is served or answered 400; upstream always gets one Host (RFC 9112 3.2)", async () => {
    const { upstream, prefix } = gateway.slot();
    const received = await gateway.exchange(`GET ${prefix}/x HTTP/1.0\r\n\r\n`);
    if (statusOf(onlyAnswer(received)) === 400) return expectCutOff(received, upstream);
    expectServed(received);
    const [host = ""] = values(upstream.requests[0] as Message, "host");
    expect(host).not.toBe("");
    expectForwarded(upstream, { target: "/x", host });
  });

  test("must: Expect: 100-continue gets 100 (or a final answer) without the body; request completes (RFC 9110 10.1.1)", async () => {
    const { upstream, prefix } = gateway.slot();
    const client = gateway.open();
    client.send(head("POST", `${prefix}/x`, "Expect: 100-continue", "Content-Length: 5"));
    expect(await client.until(() => client.answers.length > 0, 3_000)).toBe(true);
    expect(statusOf(client.answers[0] as never)).toBe(100);
    client.send("hello");
    await client.until(() => client.answers.length > 1);
    expect(client.answers.map(statusOf)).toEqual([100, 200]);
    const request = expectForwarded(upstream, { method: "POST", body: "hello" });
    expect(values(request, "expect")).toEqual([]);
    client.destroy();
  });

  test("must: an unknown Expect is 417 and goes no further (RFC 9110 10.1.1)", async () => {
    const { upstream, prefix } = gateway.slot();
    const received = await gateway.exchange(get(`${prefix}/x`, "Expect: 200-maybe"));
    expect(statusOf(onlyAnswer(received))).toBe(417);
    expect(upstream.connections).toHaveLength(0);
  });

  test("must: HEAD: Content-Length kept, no body, connection usable (RFC 9110 9.3.2)", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = ({ socket }, { startLine }) =>
      socket.write(
        `HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n${startLine.startsWith("HEAD") ? "" : "x".repeat(1234)}`,
      );
    const client = gateway.open();
    client.methods = ["HEAD", "HEAD", "GET"];
    for (const [i, method] of client.methods.entries()) {
      client.send(head(method, `${prefix}/${i}`));
      await client.settle(i + 1);
    }
    expect(client.reading.error).toBeUndefined();
    expect(client.answers.map((one) => [values(one, "content-length"), one.body.length])).toEqual([
      [["1234"], 0],
      [["1234"], 0],
      [["1234"], 1234],
    ]);
    expect(upstream.requests).toHaveLength(3);
    client.destroy();
  });

  test("must: HEAD of a path that is refused has no body either (RFC 9110 9.3.2)", async () => {
    const { upstream, prefix } = gateway.slot();
    const received = await gateway.exchange(`${head("HEAD", "/nowhere")}${get(`${prefix}/x`)}`, 2, [
      "HEAD",
      "GET",
    ]);
    expect(received.reading.error).toBeUndefined();
    expectBothOrClose(received, upstream);
  });

  test.each([204, 304])(
    "must: %i with a Content-Length has no body and the connection stays usable (RFC 9112 6.3)",
    async (status) => {
      const { upstream, prefix } = gateway.slot();
      upstream.answer = ({ socket }, { startLine }) =>
        socket.write(
          startLine.includes(" /1 ")
            ? `HTTP/1.1 ${status} X\r\n${status === 304 ? "Content-Length: 5\r\n" : ""}\r\n`
            : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        );
      const received = await gateway.exchange(`${get(`${prefix}/1`)}${get(`${prefix}/2`)}`, 2);
      expect(received.reading.error).toBeUndefined();
      expect(received.answers.map(statusOf)).toEqual([status, 200]);
    },
  );
});
