import { describe, expect, test } from "vitest";
import { readRequestHead } from "../message/request-head.ts";
import { type Trace, traceOf } from "../observe/trace.ts";
import { traceFields, upstreamHead } from "./upstream-request.ts";

/** The head that an upstream gets for these fields, of a client that is trusted or not. */
function sent(fields: readonly string[], trusted = false): string {
  const exchange = {
    connection: { address: "192.0.2.1", trusted, localPort: "80" },
    head: readRequestHead(fields, trusted),
    host: "shop.example",
    id: "one",
    method: "GET",
  };
  return upstreamHead(exchange, "/api/v1/x", "Content-Length: 0\r\n", "traceparent: t\r\n");
}

const ownWords =
  "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Port: 80\r\nX-Forwarded-Host: shop.example\r\n";

test("the head is the request line, one Host, what is kept, the id, the trace, who asks, and the framing", () => {
  expect(sent(["Host", "other.example", "Accept", "*/*", "X-Request-ID", "two"])).toBe(
    "GET /api/v1/x HTTP/1.1\r\nHost: shop.example\r\nAccept: */*\r\nX-Request-ID: one\r\ntraceparent: t\r\n" +
      `${ownWords}Content-Length: 0\r\n\r\n`,
  );
});

describe("who asks", () => {
  const told = [
    ["X-Forwarded-For", "203.0.113.9"],
    ["X-Forwarded-Proto", "https"],
    ["X-Forwarded-Port", "443"],
    ["X-Forwarded-Host", "front.example"],
  ].flat();

  test("is this connection alone for a client that is not trusted", () => {
    expect(sent(told)).toContain(ownWords);
    expect(sent(told)).not.toMatch(/203\.0\.113\.9|https|443|front/);
  });

  test("is what a trusted proxy says, with the proxy at the end of the chain", () => {
    expect(sent(told, true)).toContain(
      "X-Forwarded-For: 203.0.113.9, 192.0.2.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Port: 443\r\n" +
        "X-Forwarded-Host: front.example\r\n",
    );
  });

  test.each([[[]], [["X-Forwarded-For", ""]], [["X-Forwarded-For", " ,\t, "]]])(
    "is a trusted proxy that names nobody: %j",
    (fields) => expect(sent(fields, true)).toContain(ownWords),
  );
});

describe("the state of a trace", () => {
  const parent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
  const state = ["tracestate", "vendor=1"];

  /** The fields that go on. @param spans whether spans are exported. */
  function fieldsFor(fields: readonly string[], spans: boolean): string {
    const head = readRequestHead(fields, false);
    const given = head.traceparents === 1 ? head.traceparent : undefined;
    const trace: Trace | undefined = spans ? traceOf(given, false) : undefined;
    return traceFields({ head, trace });
  }

  test.each([false, true])("goes on with its trace (spans: %s)", (spans) => {
    const fields = fieldsFor(["traceparent", parent, ...state], spans);
    expect(fields).toMatch(
      new RegExp(`^traceparent: 00-${"a".repeat(32)}-[0-9a-f]{16}-01\r\ntracestate: vendor=1\r\n$`),
    );
    expect(fields.includes(parent)).toBe(!spans);
  });

  test.each([
    ["no trace", []],
    ["a trace that is none", ["traceparent", "00-zz"]],
    ["two traces", ["traceparent", parent, "traceparent", parent]],
  ])("does not go on beside %s, for which a new one begins", (_what, fields) => {
    for (const spans of [false, true]) {
      const told = fieldsFor([...fields, ...state], spans);
      expect(told).toMatch(/^traceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]\r\n$/);
      expect(told).not.toContain("a".repeat(32));
    }
  });
});
