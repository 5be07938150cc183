import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Received } from "../support/client.ts";
import { Gateway } from "../support/gateway.ts";
import { type Message, statusOf, values } from "../support/strict.ts";
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

let gateway: Gateway;
beforeAll(async () => {
  gateway = await Gateway.start({ slots: 100 });
});
afterAll(() => gateway.stop());

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

describe.concurrent("Content-Length and Transfer-Encoding", () => {
  const desync = "PortSwigger HTTP desync research; RFC 9112 6";
  const prefix = "http-garden trophies (CL prefix parsing); RFC 9112 6.3";
  const length = (value: string) => [`Content-Length: ${value}`];
  test.each([
    [
      "must",
      "CL.TE: both headers",
      desync,
      ["Content-Length: 6", "Transfer-Encoding: chunked"],
      "0\r\n\r\nX",
    ],
    [
      "must",
      "TE.CL: both headers",
      desync,
      ["Transfer-Encoding: chunked", "Content-Length: 4"],
      `5c\r\n${smuggled}\r\n0\r\n\r\n`,
    ],
    ["should", "CL: 0 with TE", desync, ["Content-Length: 0", "Transfer-Encoding: chunked"], "0\r\n\r\n"],
    ["must", "two different Content-Length", desync, ["Content-Length: 5", "Content-Length: 6"], "abcdef"],
    ["must", "Content-Length: 5, 6", desync, length("5, 6"), "abcdef"],
    ["must", "Content-Length plus sign", prefix, length("+5"), "abcde"],
    ["must", "Content-Length minus sign", prefix, length("-5"), "abcde"],
    ["must", "Content-Length hex", prefix, length("0x5"), "abcde"],
    ["must", "Content-Length inner space", prefix, length("5 5"), "abcde"],
    ["must", "Content-Length empty", prefix, length(""), "abcde"],
    ["must", "Content-Length underscore", prefix, length("1_0"), "abcdefghij"],
    ["must", "Content-Length trailing junk", prefix, length("5abc"), "abcde"],
    ["must", "Content-Length decimal point", prefix, length("5.0"), "abcde"],
    ["must", "Content-Length beyond 64 bits", prefix, length("18446744073709551621"), "abcde"],
    ["must", "Content-Length vertical tab", prefix, length("\x0b5"), "abcde"],
  ])("%s: %s refused (%s)", async (_level, _name, _source, fields, body) => {
    const { upstream, prefix: at } = gateway.slot();
    expectCutOff(await gateway.exchange(post(`${at}/x`, body, ...fields)), upstream);
  });

  test.each([
    ["two equal Content-Length", ["Content-Length: 5", "Content-Length: 5"]],
    ["Content-Length: 5, 5", ["Content-Length: 5, 5"]],
  ])("must: %s refused or merged (RFC 9112 6.3)", async (_name, fields) => {
    const { upstream, prefix: at } = gateway.slot();
    const received = await gateway.exchange(post(`${at}/x`, "abcde", ...fields));
    if (statusOf(onlyAnswer(received)) === 400) return expectCutOff(received, upstream);
    expectServed(received);
    expect(values(expectForwarded(upstream, { method: "POST", body: "abcde" }), "content-length")).toEqual([
      "5",
    ]);
  });

  const obfuscation = "PortSwigger TE.TE; CVE-2022-32213..32215, CVE-2026-2835";
  test.each([
    ["must", "xchunked", ["Transfer-Encoding: xchunked"]],
    ["must", "space before colon", ["Transfer-Encoding : chunked"]],
    ["must", "tab before colon", ["Transfer-Encoding\t: chunked"]],
    ["must", "second TE unknown", ["Transfer-Encoding: chunked", "Transfer-Encoding: x"]],
    ["must", "first TE unknown", ["Transfer-Encoding: x", "Transfer-Encoding: chunked"]],
    ["must", "chunked not last", ["Transfer-Encoding: chunked, gzip"]],
    ["must", "identity", ["Transfer-Encoding: identity"]],
    ["must", "vertical tab", ["Transfer-Encoding: \x0bchunked"]],
    ["must", "form feed", ["Transfer-Encoding: \x0cchunked"]],
    ["must", "no-break space", ["Transfer-Encoding: \xa0chunked"]],
    ["must", "twice chunked", ["Transfer-Encoding: chunked, chunked"]],
    ["must", "twice chunked in two fields", ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"]],
    ["must", "obs-fold", ["Transfer-Encoding:\r\n chunked"]],
    ["must", "bare LF before TE", ["X-A: b\nTransfer-Encoding: chunked"]],
    ["must", "bare CR before TE", ["X-A: b\rTransfer-Encoding: chunked"]],
    ["must", "folded value", ["Transfer-Encoding: chun\r\n ked"]],
    ["must", "NUL inside", ["Transfer-Encoding: chun\0ked"]],
    ["must", "quoted", ['Transfer-Encoding: "chunked"']],
    ["must", "parameter", ["Transfer-Encoding: chunked;a=b"]],
    ["must", "empty", ["Transfer-Encoding: "]],
  ])(`%s: TE obfuscation: %s refused (${obfuscation})`, async (_level, _name, fields) => {
    const { upstream, prefix: at } = gateway.slot();
    // With a length beside it, whoever overlooks the coding reads the chunks as a body and what follows as a request.
    for (const also of [[], ["Content-Length: 5"]]) {
      const received = await gateway.exchange(post(`${at}/x`, `0\r\n\r\n${smuggled}`, ...fields, ...also));
      expectCutOff(received, upstream, [400, 501]);
    }
  });

  test("must: Chunked in capitals is chunked (RFC 9112 7)", async () => {
    const { upstream, prefix: at } = gateway.slot();
    expectServed(
      await gateway.exchange(post(`${at}/x`, "3\r\nabc\r\n0\r\n\r\n", "Transfer-Encoding: Chunked")),
    );
    expectForwarded(upstream, { method: "POST", body: "abc" });
  });

  test("must: chunked in a HTTP/1.0 request: refused or not reused (RFC 9112 6.1; CVE-2026-2835)", async () => {
    const { upstream, prefix: at } = gateway.slot();
    const received = await gateway.exchange(
      `POST ${at}/x HTTP/1.0\r\nHost: gw\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n${smuggled}`,
    );
    expect(received.closed).toBe(true);
    if (statusOf(onlyAnswer(received)) === 400) expectCutOff(received, upstream);
    else expectForwarded(upstream, { method: "POST", body: "abc" });
  });

  test("must: TE: gzip, chunked: 501/400 (RFC 9112 6.1)", async () => {
    const { upstream, prefix: at } = gateway.slot();
    const received = await gateway.exchange(
      post(`${at}/x`, "3\r\nabc\r\n0\r\n\r\n", "Transfer-Encoding: gzip, chunked"),
    );
    expectCutOff(received, upstream, [400, 501]);
  });
});

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
    expect(upstream.connections, "the connection to the upstream is usable too").toHaveLength(1);
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
