import { expect, test } from "vitest";
import {
  badHost,
  notRouted,
  rateLimited,
  refusalBody,
  refusalFor,
  refusalOfParser,
  refusals,
} from "./refusals.ts";

test.each([
  ["ECONNREFUSED", 503, "upstream_down", "upstream"],
  ["EHOSTUNREACH", 503, "upstream_down", "upstream"],
  ["ENETUNREACH", 503, "upstream_down", "upstream"],
  ["ENOTFOUND", 503, "upstream_unknown", "upstream"],
  ["EAI_AGAIN", 503, "upstream_unknown", "upstream"],
  ["ETIMEDOUT", 504, "connect_timeout", "upstream"],
  // Its own shortage is not the service's fault.
  ["EMFILE", 503, "out_of_files", "gateway"],
  ["ENFILE", 503, "out_of_files", "gateway"],
  ["EADDRNOTAVAIL", 503, "out_of_files", "gateway"],
  ["ECONNRESET", 502, "bad_answer", "upstream"],
  ["ERR_BAD_RESPONSE", 502, "bad_answer", "upstream"],
])("on the way to an upstream, %s is %i %s", (code, status, reason, fault) => {
  expect(refusalFor(code)).toMatchObject({ status, reason, fault });
});

test.each([
  ["HPE_HEADER_OVERFLOW", 431],
  ["HPE_CHUNK_EXTENSIONS_OVERFLOW", 413],
  ["ERR_HTTP_REQUEST_TIMEOUT", 408],
  ["HPE_INVALID_METHOD", 400],
  [undefined, 400],
])("of the parser, %s is %i, and the client's", (code, status) => {
  expect(refusalOfParser(code)).toMatchObject({ status, fault: "client" });
});

test("what passes by itself says when to come again, and only that", () => {
  for (const refusal of Object.values(refusals))
    expect("fields" in refusal).toBe(refusal.fault === "gateway");
  expect(refusals.overloaded.fields).toBe("Retry-After: 1\r\n");
  expect(rateLimited(7)).toEqual({ ...refusals.rateLimited, fields: "Retry-After: 7\r\n" });
});

test("no route and a bad request have names of their own", () => {
  expect([notRouted(404, "x").reason, notRouted(400, "x").reason, badHost("x").status]).toEqual([
    "no_route",
    "bad_request",
    400,
  ]);
});

test("a body says what is wrong and by what id to find it (RFC 9457)", () => {
  expect(JSON.parse(refusalBody(refusals.down, "i1"))).toEqual({
    type: "about:blank",
    title: "Service Unavailable",
    status: 503,
    detail: refusals.down.detail,
    instance: "i1",
  });
  expect(JSON.parse(refusalBody({ ...refusals.down, status: 599 }, "i")).title).toBe("Error");
});
