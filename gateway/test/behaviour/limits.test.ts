import { describe, expect, test } from "vitest";
import { eventually } from "../support/client.ts";
import { statusOf, values } from "../support/strict.ts";
import { suiteGateway } from "../support/suite.ts";
import { always } from "../support/upstream.ts";
import {
  expectCutOff,
  expectForwarded,
  expectProblem,
  expectServed,
  get,
  head,
  onlyAnswer,
  post,
} from "../support/verdict.ts";

const gateway = suiteGateway({ slots: 25, env: { GATEWAY_MAX_BODY_BYTES: "100000" } });
const quick = suiteGateway({
  slots: 20,
  env: {
    GATEWAY_HEADERS_TIMEOUT_MS: "500",
    GATEWAY_BODY_TIMEOUT_MS: "500",
    GATEWAY_RESPONSE_TIMEOUT_MS: "2000",
  },
});

describe.concurrent("sizes", () => {
  test("should: 5000 headers refused (CVE-2024-... header floods; Envoy max_headers_count)", async () => {
    const { upstream, prefix } = gateway.slot();
    const flood = Array.from({ length: 5000 }, (_, i) => `a${i % 10}: ${i % 10}`);
    const short = flood.map((_, i) => `${"abcdefghij"[i % 10]}:`);
    for (const fields of [flood, short]) {
      const received = await gateway.exchange(get(`${prefix}/x`, ...fields));
      expectCutOff(received, upstream, [431, 400]);
    }
  });

  test("should: 2500 header fields within the byte limit are refused, 100 pass whole (Envoy max_headers_count)", async () => {
    const { upstream, prefix } = gateway.slot();
    const received = await gateway.exchange(
      get(`${prefix}/x`, ...Array.from({ length: 2500 }, () => "a: b")),
    );
    expectProblem(onlyAnswer(received), [431, 400]);
    expect(upstream.connections).toHaveLength(0);
    expectServed(
      await gateway.exchange(get(`${prefix}/x`, ...Array.from({ length: 100 }, (_, i) => `X-A: ${i}`))),
    );
    expect(values(expectForwarded(upstream, {}), "x-a")).toEqual(
      Array.from({ length: 100 }, (_, i) => String(i)),
    );
  });

  test("must: 64 KiB target: 414 (431/400 accepted) (RFC 9110 15.5.15)", async () => {
    const { upstream, prefix } = gateway.slot();
    expectCutOff(await gateway.exchange(get(`${prefix}/${"a".repeat(65_536)}`)), upstream, [414, 431, 400]);
  });

  test("must: a header field of 64 KiB: 431 (RFC 6585 5)", async () => {
    const { upstream, prefix } = gateway.slot();
    expectCutOff(await gateway.exchange(get(`${prefix}/x`, `X-A: ${"a".repeat(65_536)}`)), upstream, 431);
  });

  test("must: an endless header is cut off, not gathered (RFC 6585 5)", async () => {
    const { upstream, prefix } = gateway.slot();
    const before = gateway.memory();
    const client = gateway.open().send(`GET ${prefix}/x HTTP/1.1\r\nHost: gw\r\nX-A: `);
    for (let i = 0; i < 200 && !client.closed; i++) {
      client.send("a".repeat(65_536));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(await client.until(() => client.closed)).toBe(true);
    expect(gateway.memory() - before).toBeLessThan(64 << 20);
    expect(upstream.connections).toHaveLength(0);
    client.destroy();
  });

  test("must: 8 KiB cookie and 4 KiB URI are served (RFC 9110 4.1, 5.4 (practical minimum))", async () => {
    const { upstream, prefix } = gateway.slot();
    const long = "u".repeat(4096);
    const cookie = `a=${"c".repeat(8190)}`;
    expectServed(await gateway.exchange(get(`${prefix}/${long}`, `Cookie: ${cookie}`)));
    expect(values(expectForwarded(upstream, { target: `/${long}` }), "cookie")).toEqual([cookie]);
  });

  test("should: 16 KiB of response header passes, or a clean 502 (RFC 9110 5.4)", async () => {
    const { upstream, prefix } = gateway.slot();
    const value = "v".repeat(16_384);
    upstream.answer = always(`HTTP/1.1 200 OK\r\nX-Long: ${value}\r\nContent-Length: 2\r\n\r\nok`);
    const received = await gateway.exchange(get(`${prefix}/x`));
    if (statusOf(onlyAnswer(received)) === 502) return expectProblem(onlyAnswer(received), 502);
    expect(values(expectServed(received), "x-long")).toEqual([value]);
  });

  test("must: a body over the limit announced: 413, nothing at the upstream (RFC 9110 15.5.14)", async () => {
    const { upstream, prefix } = gateway.slot();
    expectCutOff(
      await gateway.exchange(head("POST", `${prefix}/x`, "Content-Length: 100001")),
      upstream,
      413,
    );
  });

  test("must: Expect with a body over the limit: 413 and no 100 (RFC 9110 10.1.1)", async () => {
    const { upstream, prefix } = gateway.slot();
    const bytes = head("POST", `${prefix}/x`, "Expect: 100-continue", "Content-Length: 100001");
    const received = await gateway.exchange(bytes);
    expectProblem(onlyAnswer(received), 413);
    expect(upstream.connections).toHaveLength(0);
  });

  test("must: a chunked body over the limit: 413, never complete at the upstream (RFC 9110 15.5.14)", async () => {
    const { upstream, prefix } = gateway.slot();
    const chunk = `${(50_001).toString(16)}\r\n${"x".repeat(50_001)}\r\n`;
    const received = await gateway.exchange(
      post(`${prefix}/x`, `${chunk}${chunk}0\r\n\r\n`, "Transfer-Encoding: chunked"),
    );
    expectProblem(onlyAnswer(received), 413);
    expect(upstream.complete).toEqual([]);
    await eventually(
      () => upstream.connections.every(({ ended }) => ended),
      "nothing stays open for its rest",
    );
  });

  test.each(["length", "chunked"])(
    "must: a body of exactly the limit passes (%s) (RFC 9110 15.5.14)",
    async (kind) => {
      const { upstream, prefix } = gateway.slot();
      const body = "x".repeat(100_000);
      const bytes =
        kind === "length"
          ? post(`${prefix}/x`, body, "Content-Length: 100000")
          : post(`${prefix}/x`, `186a0\r\n${body}\r\n0\r\n\r\n`, "Transfer-Encoding: chunked");
      expectServed(await gateway.exchange(bytes));
      expectForwarded(upstream, { method: "POST", body });
    },
  );
});

describe.concurrent("slow clients", () => {
  test("must: header trickled byte by byte: cut off in bounded time (Slowloris; Node headersTimeout)", async () => {
    const { upstream, prefix } = quick.slot();
    const client = quick.open();
    client.send(`GET ${prefix}/x HTTP/1.1\r\nHost: gw\r\nX-A: `);
    const start = Date.now();
    while (!client.closed && Date.now() - start < 7_000) {
      client.send("a");
      await client.until(() => client.closed, 100);
    }
    expect(Date.now() - start).toBeLessThan(5_000);
    expectCutOff(client.received, upstream, 408);
    client.destroy();
  });

  test("must: a second header that stalls on a kept connection is cut off too (Slowloris)", async () => {
    const { upstream, prefix } = quick.slot();
    const client = quick.open();
    client.send(get(`${prefix}/1`));
    await client.settle(1);
    client.send("GET /");
    expect(await client.until(() => client.closed, 5_000)).toBe(true);
    expect(client.answers.map(statusOf)).toEqual([200, 408]);
    expectForwarded(upstream, { target: "/1" });
    client.destroy();
  });

  test("must: a connection on which nothing is said is closed in bounded time (Slowloris)", async () => {
    const client = quick.open();
    expect(await client.until(() => client.closed, 7_000)).toBe(true);
    client.destroy();
  });

  test.each([
    ["length", "Content-Length: 100", "abc"],
    ["chunked", "Transfer-Encoding: chunked", "3\r\nabc\r\n"],
    ["not even begun", "Content-Length: 100", ""],
  ])(
    "should: body stalls (%s): 408 in bounded time (Node requestTimeout; nginx client_body_timeout)",
    async (_name, field, part) => {
      const { upstream, prefix } = quick.slot();
      const start = Date.now();
      const received = await quick.exchange(post(`${prefix}/x`, part, field));
      expect(Date.now() - start).toBeLessThan(4_000);
      expectProblem(onlyAnswer(received), 408);
      expect(received.closed).toBe(true);
      expect(upstream.complete).toEqual([]);
    },
  );

  test("must: a slow upload that never stalls is not cut off (sign-ups of photos over 3G)", async () => {
    const { upstream, prefix } = quick.slot();
    const client = quick.open();
    client.send(head("POST", `${prefix}/x`, "Content-Length: 10"));
    for (const byte of "abcdefghij") {
      await new Promise((resolve) => setTimeout(resolve, 150));
      client.send(byte);
    }
    expectServed(await client.settle());
    expectForwarded(upstream, { method: "POST", body: "abcdefghij" });
    client.destroy();
  });

  test("must: a client that waits between requests keeps its connection (RFC 9112 9.3)", async () => {
    const { upstream, prefix } = quick.slot();
    const client = quick.open();
    client.send(get(`${prefix}/1`));
    await client.settle(1);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    client.send(get(`${prefix}/2`));
    await client.settle(2);
    expect(client.answers.map(statusOf)).toEqual([200, 200]);
    expect(upstream.requests).toHaveLength(2);
    client.destroy();
  });
});
