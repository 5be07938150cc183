import { describe, expect, test } from "vitest";
import { statusOf, values } from "../support/strict.ts";
import { suiteGateway } from "../support/suite.ts";
import { expectForwarded, expectServed, onlyAnswer, post } from "../support/verdict.ts";

const gateway = suiteGateway({ slots: 100 });

/** Sends a POST whose body hides a second request, which must never be seen as one. */
const smuggled = "GET /s0/smuggled HTTP/1.1\r\nHost: gw\r\n\r\n";

describe.concurrent("chunks (RFC 9112 7.1)", () => {
  const garden = "http-garden trophies; CVE-2021-22960; RFC 9112 7.1";
  test.each([
    ["hex prefix", "0x3\r\nabc\r\n0\r\n\r\n"],
    ["plus", "+3\r\nabc\r\n0\r\n\r\n"],
    ["minus", "-3\r\nabc\r\n0\r\n\r\n"],
    ["underscore", "1_0\r\nabcdefghijklmnop\r\n0\r\n\r\n"],
    ["no digits", "\r\nabc\r\n0\r\n\r\n"],
    ["only an extension", ";a=b\r\nabc\r\n0\r\n\r\n"],
    ["a leading space", " 3\r\nabc\r\n0\r\n\r\n"],
    ["missing CRLF after data", "3\r\nabc0\r\n\r\n"],
    ["data longer than announced", "3\r\nabcd\r\n0\r\n\r\n"],
    ["bare CR after the size", "3\rabc\r\n0\r\n\r\n"],
    ["a size beyond 64 bits", "10000000000000003\r\nabc\r\n0\r\n\r\n"],
    ["a bare LF inside an extension", "3;a\nb\r\nabc\r\n0\r\n\r\n"],
    ["a bare CR inside an extension", "3;a\rb\r\nabc\r\n0\r\n\r\n"],
    ["NUL in the last chunk's line", "3\r\nabc\r\n0\0\r\n\r\n"],
    ["a trailer without a colon", "3\r\nabc\r\n0\r\ntrailer\r\n\r\n"],
    ["a trailer with a space before the colon", "3\r\nabc\r\n0\r\nX : a\r\n\r\n"],
  ])(`must: bad chunk: %s: never forwarded as complete (${garden})`, async (_name, body) => {
    const { upstream, prefix } = gateway.slot();
    const received = await gateway.exchange(
      post(`${prefix}/x`, `${body}${smuggled}`, "Transfer-Encoding: chunked"),
    );
    expect(statusOf(onlyAnswer(received))).toBe(400);
    expect(received.closed).toBe(true);
    expect(upstream.complete, "whole requests at the upstream").toEqual([]);
    // An upload that has begun must be cut off, not left open.
    for (const connection of upstream.connections)
      expect(connection.ended || connection.bytes.length === 0).toBe(true);
  });

  test("must: bare LF after the chunk size: refused, or forwarded re-framed (http-garden (nginx); RFC 9112 7.1)", async () => {
    const { upstream, prefix } = gateway.slot();
    const received = await gateway.exchange(
      post(`${prefix}/x`, "3\nabc\r\n0\r\n\r\n", "Transfer-Encoding: chunked"),
    );
    if (statusOf(onlyAnswer(received)) === 400) expect(upstream.complete).toEqual([]);
    else expectForwarded(upstream, { method: "POST", body: "abc" });
  });

  test.each([
    ["a plain chunk extension", "3;a=b;c\r\nabc\r\n0;d\r\n\r\n"],
    ["a quoted chunk extension", '3;a="b c"\r\nabc\r\n0\r\n\r\n'],
    ["leading zeros", "0003\r\nabc\r\n000\r\n\r\n"],
    ["many chunks", "1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n"],
  ])("must: %s is accepted and does not change the body (RFC 9112 7.1.1)", async (_name, body) => {
    const { upstream, prefix } = gateway.slot();
    expectServed(await gateway.exchange(post(`${prefix}/x`, body, "Transfer-Encoding: chunked")));
    expectForwarded(upstream, { method: "POST", target: "/x", body: "abc" });
  });

  test("should: unbounded chunk extensions are refused (CVE-2024-22019 (Node chunk extension DoS))", async () => {
    const { upstream, prefix } = gateway.slot();
    const received = await gateway.exchange(
      post(`${prefix}/x`, `3;${"a".repeat(100_000)}\r\nabc\r\n0\r\n\r\n`, "Transfer-Encoding: chunked"),
    );
    expect(statusOf(onlyAnswer(received))).toBeGreaterThanOrEqual(400);
    expect(statusOf(onlyAnswer(received))).toBeLessThan(500);
    expect(upstream.complete).toEqual([]);
  });

  test("must: trailers are not merged into the header; request completes (RFC 9110 6.5)", async () => {
    const { upstream, prefix } = gateway.slot();
    expectServed(
      await gateway.exchange(
        post(
          `${prefix}/x`,
          "3\r\nabc\r\n0\r\nX-Trailer: 1\r\nX-Other: 2\r\n\r\n",
          "Transfer-Encoding: chunked",
          "Trailer: X-Trailer",
        ),
      ),
    );
    const request = expectForwarded(upstream, { method: "POST", body: "abc" });
    expect(values(request, "x-trailer")).toEqual([]);
  });

  test.each(["Host: evil", "Content-Length: 9", "Transfer-Encoding: chunked", "X-Forwarded-For: 6.6.6.6"])(
    "must: a trailer %s never becomes a header field (RFC 9110 6.5.1)",
    async (trailer) => {
      const { upstream, prefix } = gateway.slot();
      const received = await gateway.exchange(
        post(`${prefix}/x`, `3\r\nabc\r\n0\r\n${trailer}\r\n\r\n`, "Transfer-Encoding: chunked"),
      );
      const status = statusOf(onlyAnswer(received));
      expect([200, 400]).toContain(status);
      if (status === 400) expect(upstream.complete).toEqual([]);
      else {
        const request = expectForwarded(upstream, { method: "POST", body: "abc" });
        expect(values(request, "x-forwarded-for")).toEqual(["127.0.0.1"]);
      }
    },
  );
});
