import { expect, test } from "vitest";
import { RequestField, ResponseField, requestField, responseField, trimmed } from "./fields.ts";
import { parseResponseHead } from "./response-head.ts";

const parse = (...fields: string[]) => parseResponseHead(["HTTP/1.1 200 OK", ...fields, ""].join("\r\n"));

test("of what may stand there once, the first counts and goes on", () => {
  expect(parse("Date: a", "X: y", "date: b")).toMatchObject({ hasDate: true, kept: "Date: a\r\nX: y\r\n" });
  expect(parse("Location: /a", "Location: /b")).toMatchObject({ location: "/a", kept: "" });
});

test("of what may stand there several times, all of it counts", () => {
  expect(parse("Vary: Origin", "Vary: Accept")?.vary).toBe("Origin, Accept");
  expect(parse("Sec-WebSocket-Accept: a", "Sec-WebSocket-Accept: b")?.webSocketAccept).toBe("a, b");
});

test("only SP and HTAB are white space around a value (RFC 9110 5.5)", () => {
  expect(trimmed(" \t\xa0a\xa0\t ")).toBe("\xa0a\xa0");
  expect(parse("Content-Length: \xa01")).toBeUndefined();
});

test("fields of one hop, and those that the gateway writes itself, are known in any case", () => {
  expect(["HTTP2-Settings", "te", "Keep-Alive"].map(requestField)).toEqual(
    Array.from({ length: 3 }, () => RequestField.hop),
  );
  expect(["X-Request-ID", "x-frame-options", "X-Content-Type-Options"].map(responseField)).toEqual(
    Array.from({ length: 3 }, () => ResponseField.own),
  );
});
