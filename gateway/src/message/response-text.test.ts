import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { responseHead } from "./response-text.ts";

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2024, 1, 29, 23, 59, 59, 999) }));
afterEach(() => void vi.useRealTimers());

const speaker = { id: "i1", corsFields: "Vary: Origin\r\n", connectionField: "Connection: close\r\n" };
const security = "X-Frame-Options: DENY\r\nX-Content-Type-Options: nosniff\r\n";

test("a head has its fields, the gateway's own, and an end", () => {
  expect(responseHead(speaker, 404, undefined, "A: 1\r\n")).toBe(
    `HTTP/1.1 404 Not Found\r\nA: 1\r\n${security}X-Request-ID: i1\r\nDate: Thu, 29 Feb 2024 23:59:59 GMT\r\nVary: Origin\r\nConnection: close\r\n\r\n`,
  );
});

test("Date goes with the time, and stands there once", () => {
  const quiet = { id: "i2", corsFields: "", connectionField: "" };
  vi.advanceTimersByTime(1);
  expect(responseHead(quiet, 200, "Fine", "")).toBe(
    `HTTP/1.1 200 Fine\r\n${security}X-Request-ID: i2\r\nDate: Fri, 01 Mar 2024 00:00:00 GMT\r\n\r\n`,
  );
  expect(responseHead(quiet, 200, "", "Date: then\r\n", true)).toBe(
    `HTTP/1.1 200 \r\nDate: then\r\n${security}X-Request-ID: i2\r\n\r\n`,
  );
});

test("a status without a usual phrase has none", () => {
  expect(responseHead(speaker, 299, undefined, "").split("\r\n", 1)).toEqual(["HTTP/1.1 299 "]);
});
