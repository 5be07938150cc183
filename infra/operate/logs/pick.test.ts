import { expect, test } from "vitest";
import { type LogRecord, LogRecords } from "../../../core/log-records.ts";
import { isAbout, Picker, type Wanted } from "./pick.ts";

function recordOf(...lines: string[]): LogRecord {
  const records = new LogRecords();
  for (const text of lines) records.push({ time: 0, text });
  return records.end() as LogRecord;
}
const takes = (wanted: Wanted, ...lines: string[]) => new Picker(wanted).takes(recordOf(...lines));

test("a level is a least one; what tells none is there for information", () => {
  expect(takes({ level: "warn" }, "16:17:39.016 [info] x")).toBe(false);
  expect(takes({ level: "warn" }, "16:17:39.016 [warning] x")).toBe(true);
  expect(takes({ level: "warn" }, "16:17:39.016 [error] x")).toBe(true);
  expect(takes({ level: "warn" }, "Welcome")).toBe(false);
  expect(takes({ level: "info" }, "Welcome")).toBe(true);
  expect(takes({ level: "error" }, "Error: boom")).toBe(true);
});

test("a pattern that finds one line of a record finds all of it, as it was written or as it is shown", () => {
  const trace = ["16:17:39.016 [error] broken", "    at deep/inside.ex:3"];
  expect(takes({ grep: /inside/ }, ...trace)).toBe(true);
  expect(takes({ grep: /broken/ }, ...trace)).toBe(true);
  expect(takes({ grep: /16:17/ }, ...trace)).toBe(true);
  expect(takes({ grep: /other/ }, ...trace)).toBe(false);
  const request = '{"event":"request","method":"GET","path":"/a","status":200,"ms":1}';
  expect(takes({ grep: /GET \/a 200/ }, request)).toBe(true);
  expect(takes({ grep: /"status":200/ }, request)).toBe(true);
});

test("all that is wanted must agree", () => {
  expect(takes({ grep: /x/, level: "error" }, "16:17:39.016 [info] x")).toBe(false);
  expect(takes({ grep: /x/, level: "error" }, "16:17:39.016 [error] x")).toBe(true);
});

test("what goes on about a record has its fate", () => {
  const picker = new Picker({ level: "error" });
  const more: LogRecord = { ...recordOf("    at x"), continues: true };
  expect(picker.takes(recordOf("16:17:39.016 [error] x"))).toBe(true);
  expect(picker.takes(more)).toBe(true);
  expect(picker.takes(recordOf("16:17:39.016 [info] x"))).toBe(false);
  expect(picker.takes(more)).toBe(false);
});

test.each([
  ["16:16:10.215 request_id=r-1 [info] GET /", true],
  ["16:16:10.215 request_id=r-12 [info] GET /", false],
  ["16:16:10.215 request_id=xr-1 [info] GET /", false],
  ['{"event":"request","id":"r-1","method":"GET","path":"/","status":200,"ms":1}', true],
  ['{"event":"request","id":"r-11","method":"GET","path":"/","status":200,"ms":1}', false],
  ['{"event":"failed","requestId":"r-1"}', true],
  ['{"event":"failed","deep":{"of":["r-1"]}}', true],
  ['{"event":"failed","path":"/a/r-1/b"}', false],
  ["the request r-1.", true],
  ["the request r-1: failed", true],
  ["(r-1)", true],
  ["r-1", true],
  ["r-1.2", false],
  ["r-1-2", false],
  ["r-1_2 and r-1", true],
  ["R-1", false],
  ["rX1", false],
])("an id is matched wholly, and as a text: %s is %s", (line, is) => {
  expect(isAbout(recordOf(line), "r-1")).toBe(is);
  expect(isAbout(recordOf(line), "r.1")).toBe(false);
});

test("what belongs to the trace of a request is told with it, and another request of that trace is not", () => {
  const line = (fields: object) =>
    JSON.stringify({ event: "request", method: "GET", path: "/", status: 200, ms: 1, ...fields });
  const event = JSON.stringify({ event: "event", topic: "t", trace: "0af7" });
  const traces = new Set<string>();
  const picker = new Picker({ request: "r-1", traces });
  expect(picker.takes(recordOf(event))).toBe(false);
  expect(picker.takes(recordOf(line({ id: "r-1", trace: "0af7" })))).toBe(true);
  expect([...traces]).toEqual(["0af7"]);
  expect(picker.takes(recordOf(event))).toBe(true);
  expect(picker.takes(recordOf(line({ id: "r-2", trace: "0af7" })))).toBe(false);
  expect(new Picker({ request: "0af7" }).takes(recordOf(event))).toBe(true);
});
