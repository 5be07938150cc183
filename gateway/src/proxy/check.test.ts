import { expect, test } from "vitest";
import { badHost, type Refusal, refusals } from "../message/refusals.ts";
import { readRequestHead } from "../message/request-head.ts";
import type { GatewayRequest } from "../node/request.ts";
import { check } from "./check.ts";

/** Checks a request with these fields beside its Host. */
function checked(
  fields: readonly string[],
  { method = "POST", version = "1.1", most = 50, host = ["Host", "example.com"] } = {},
): Refusal | undefined {
  const rawHeaders = [...host, ...fields];
  const request = { method, httpVersion: version, httpVersionMinor: Number(version[2]), rawHeaders };
  return check(request as unknown as GatewayRequest, readRequestHead(rawHeaders, false), most);
}

const coding = (value: string) => ["Transfer-Encoding", value];

// Behind Node's strict parser most of these cannot arrive: they are refused here all the same, since a body that two
// programs delimit differently is a request smuggled.
test.each([
  ["chunked", coding("chunked"), undefined],
  ["chunked in capitals", coding("Chunked"), undefined],
  ["a length beside chunked", [...coding("chunked"), "Content-Length", "5"], refusals.bodyLength],
  ["a length of 0 beside chunked", [...coding("chunked"), "Content-Length", "0"], refusals.bodyLength],
  ["a coding that is not chunked", coding("gzip"), refusals.bodyLength],
  ["chunked that is not the last", coding("chunked, gzip"), refusals.bodyLength],
  ["a coding whose name ends like chunked", coding("xchunked"), refusals.bodyLength],
  ["a coding below chunked", coding("gzip, chunked"), refusals.transferCoding],
  ["chunked twice", [...coding("chunked"), ...coding("chunked")], refusals.transferCoding],
  ["a coding beside Upgrade", [...coding("gzip, chunked"), "Upgrade", "websocket"], refusals.bodyLength],
  ["a length alone", ["Content-Length", "5"], undefined],
])("the length of a body: %s", (_what, fields, refusal) => expect(checked(fields)).toEqual(refusal));

test("chunked in HTTP/1.0 has no end that both sides know", () => {
  expect(checked(coding("chunked"), { version: "1.0" })).toEqual(refusals.bodyLength);
});

test("what is expected must be 100-continue in any spelling; HTTP/1.0 may expect anything", () => {
  expect(checked(["Expect", "100-Continue"])).toBeUndefined();
  expect(checked(["Expect", "tea"])).toEqual(refusals.expectation);
  expect(checked(["Expect", "tea"], { version: "1.0" })).toBeUndefined();
});

test.each(["0.9", "2.0", "1.2"])("HTTP/%s is not spoken", (version) =>
  expect(checked([], { version })).toEqual(refusals.version),
);

test("as many fields as are taken, and one more", () => {
  const fields = (count: number) => Array.from({ length: count }, (_, i) => [`x-${i}`, ""]).flat();
  expect(checked(fields(4), { most: 5 })).toBeUndefined();
  expect(checked(fields(5), { most: 5 })).toEqual(refusals.tooManyFields);
});

test.each([
  ["TRACE", refusals.trace],
  ["CONNECT", refusals.connect],
  ["GET", undefined],
])("%s", (method, refusal) => expect(checked([], { method })).toEqual(refusal));

test("a Host must be there, once, and be a host", () => {
  expect(checked([], { host: [] })).toEqual(badHost("the Host field is missing"));
  expect(checked([], { host: [], version: "1.0" })).toBeUndefined();
  expect(checked(["host", "b"])).toEqual(badHost("there is more than one Host field"));
  expect(checked([], { host: ["Host", "a/b"] })).toEqual(badHost("the Host field is not a host name"));
});
