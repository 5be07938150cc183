import { expect, test } from "vitest";
import { headOf, withoutControls } from "./log-shapes.ts";

/** As each program wrote it when it ran. */
test.each([
  [
    "the gateway's request",
    '{"time":"2026-11-28T16:16:03.072Z","event":"request","id":"a051deff-43c3","method":"POST","path":"/messaging/groups","status":404,"ms":44.8,"route":"messaging-service","trace":"0af7"}',
    {
      time: Date.parse("2026-11-28T16:16:03.072Z"),
      level: "warn",
      text: "POST /messaging/groups 404 44.8 ms route=messaging-service trace=0af7",
      ids: ["a051deff-43c3"],
      trace: "0af7",
      more: "never",
    },
  ],
  [
    "the gateway's event",
    '{"time":"2026-11-28T16:16:03Z","event":"worker-died","pid":7}',
    {
      time: Date.parse("2026-11-28T16:16:03Z"),
      level: "fatal",
      text: "worker-died pid=7",
      ids: [],
      more: "never",
    },
  ],
  [
    "a sample's event",
    '{"time":"2026-11-28T16:16:01.927Z","event":"consumer-stopped","reason":"fetch failed 4 times."}',
    {
      time: Date.parse("2026-11-28T16:16:01.927Z"),
      level: "error",
      text: 'consumer-stopped reason="fetch failed 4 times."',
      ids: [],
      more: "never",
    },
  ],
  [
    "auth's own words",
    "2026/11/28 16:16:11 failed to create permission stack, because user doens't exist",
    {
      level: "error",
      text: "failed to create permission stack, because user doens't exist",
      more: "likely",
    },
  ],
  [
    "auth's database client, in colours",
    "2026/11/28 16:16:11 \u001b[31;1mgithub.com/x/repository.go:29 \u001b[35;1mrecord not found",
    { text: "github.com/x/repository.go:29 record not found", more: "likely" },
  ],
  [
    "messaging",
    "16:16:10.215 request_id=GOxBrsAH6h8EhDUAAAkB [info] GET /swagger/index.html",
    { level: "info", text: "GET /swagger/index.html", ids: ["GOxBrsAH6h8EhDUAAAkB"], more: "likely" },
  ],
  [
    "messaging, about no request",
    "16:17:36.395 [warning] Migrations already up",
    { level: "warn", text: "Migrations already up", ids: [], more: "likely" },
  ],
  [
    "core, as text",
    "fail: Microsoft.EntityFrameworkCore.Database.Connection[20004]",
    { level: "error", text: "Microsoft.EntityFrameworkCore.Database.Connection[20004]", more: "likely" },
  ],
  [
    "core, as JSON",
    '{"EventId":14,"LogLevel":"Information","Category":"Hosting","Message":"Now listening","RequestId":"0HN:1"}',
    {
      level: "info",
      text: "Now listening EventId=14 Category=Hosting",
      ids: ["0HN:1"],
      more: "never",
    },
  ],
  [
    "Postgres",
    "2026-11-28 16:13:36.363 UTC [102] ERROR:  relation does not exist at character 36",
    {
      time: Date.parse("2026-11-28T16:13:36.363Z"),
      level: "error",
      text: "relation does not exist at character 36",
      more: "likely",
    },
  ],
  [
    "Mongo",
    '{"t":{"$date":"2026-11-28T16:13:36.363+00:00"},"s":"W","c":"CONTROL","id":22120,"ctx":"main","msg":"Access control","attr":{"a":1}}',
    {
      time: Date.parse("2026-11-28T16:13:36.363Z"),
      level: "warn",
      text: 'CONTROL: Access control {"a":1}',
      more: "never",
    },
  ],
  [
    "Redis",
    "6:M 28 Nov 2026 16:13:24.721 # Out Of Memory",
    { level: "warn", text: "Out Of Memory", more: "likely" },
  ],
  [
    "Kafka",
    "[2026-11-28 16:15:48,467] WARN [QuorumController id=1] slow (org.apache.kafka.x)",
    { level: "warn", text: "[QuorumController id=1] slow (org.apache.kafka.x)", more: "likely" },
  ],
  [
    "a provisioner",
    '{"object":"database notes","result":"unchanged","note":"it stays; to drop it: DROP DATABASE \\"notes\\""}',
    {
      level: "warn",
      text: 'database notes: unchanged; it stays; to drop it: DROP DATABASE "notes"',
      more: "never",
    },
  ],
  [
    "rclone",
    "2026/11/28 16:00:00 ERROR : dump.gz: Failed to copy",
    { level: "error", text: "dump.gz: Failed to copy", more: "likely" },
  ],
  [
    "logfmt",
    'ts=2026-11-28T16:00:00Z level=warn msg="slow \\"scrape\\"" request_id=r-1 took=3s',
    {
      time: Date.parse("2026-11-28T16:00:00Z"),
      level: "warn",
      text: 'slow "scrape" took=3s',
      ids: ["r-1"],
      more: "likely",
    },
  ],
  [
    "pino",
    '{"level":50,"time":1795881000000,"msg":"no"}',
    { level: "error", time: 1795881000000, text: "no", ids: [], more: "never" },
  ],
])("what %s logs is read", (_, line, told) => {
  expect(headOf(withoutControls(line))).toEqual(told);
});

test.each([
  "Welcome to mongo-express 1.0.2",
  "saves at 17 2 * * * (Etc/UTC)",
  "{ not json",
  "",
  "{",
  "[1, 2]",
])("a line of no known shape is told as it is: %s", (line) => expect(headOf(line)).toBeUndefined());

test("a terminal finds no orders in what is shown, and what is indented stays so", () => {
  expect(withoutControls("\t\u001b[2Jx\u001b]0;title\u0007y\u0008\u202ez")).toBe("\txyz");
});

test("a field that an object inherits is none of a log's", () => {
  expect(headOf('{"level":"constructor","msg":"x"}')?.level).toBeUndefined();
});

test("a long line that is nearly one of a shape takes no time", () => {
  const start = performance.now();
  for (const piece of [
    'a="x" ',
    "a=b ",
    '"',
    "a=",
    "[",
    "{",
    "2026-11-28T16:00:00Z ",
    "\u001b]",
    "panic ",
    "   ",
  ])
    headOf(withoutControls(piece.repeat(40_000)));
  expect(performance.now() - start).toBeLessThan(5000);
});
