import { expect, test } from "vitest";
import { type LogLine, type LogRecord, LogRecords } from "./log-records.ts";

const start = Date.parse("2026-11-28T16:00:00Z");
/** Lines, each a millisecond after the other; a number is a pause, milliseconds. */
function recordsOf(...lines: (string | number)[]): LogRecord[] {
  const records = new LogRecords();
  const told: (LogRecord | undefined)[] = [];
  let time = start;
  for (const line of lines)
    if (typeof line === "number") time += line;
    else told.push(records.push({ time: time++, text: line }));
  return [...told, records.end()].filter((record) => record !== undefined);
}
const texts = (records: readonly LogRecord[]) => records.map(({ text, more }) => [text, ...more]);

test.each<[string, string[], string[][]]>([
  [
    "a trace of Elixir's",
    [
      "16:17:39.016 [error] GenServer :kafka_client terminating",
      "** (stop) econnrefused",
      "    (brod 4.4.3) src/brod_client.erl:657",
      "",
      "16:17:39.083 [info] next",
    ],
    [
      [
        "GenServer :kafka_client terminating",
        "** (stop) econnrefused",
        "    (brod 4.4.3) src/brod_client.erl:657",
      ],
      ["next"],
    ],
  ],
  [
    "what .NET says, and its exception",
    [
      "fail: App[0]",
      "      it broke",
      "      System.InvalidOperationException: no",
      "         at App.Main()",
      "info: App[0]",
      "      on",
    ],
    [
      ["App[0]", "      it broke", "      System.InvalidOperationException: no", "         at App.Main()"],
      ["App[0]", "      on"],
    ],
  ],
  [
    "a trace of Java's",
    [
      "[2026-11-28 16:15:48,467] ERROR broken (kafka)",
      "java.io.IOException: no",
      "\tat a.b(C.java:1)",
      "Caused by: x",
      "\t... 3 more",
    ],
    [["broken (kafka)", "java.io.IOException: no", "\tat a.b(C.java:1)", "Caused by: x", "\t... 3 more"]],
  ],
  [
    "what Postgres explains",
    [
      "2026-11-28 16:13:36.363 UTC [102] ERROR:  no such table",
      "2026-11-28 16:13:36.363 UTC [102] STATEMENT:  SELECT 1",
      "\tFROM t",
    ],
    [["no such table", "2026-11-28 16:13:36.363 UTC [102] STATEMENT:  SELECT 1", "\tFROM t"]],
  ],
  [
    "a panic of Go's, which is nobody else's",
    [
      "2026/11/28 16:16:11 hello",
      "panic: oh",
      "",
      "goroutine 1 [running]:",
      "main.main()",
      "\t/app/main.go:3 +0x1",
      "exit status 2",
    ],
    [
      ["hello"],
      ["panic: oh", "", "goroutine 1 [running]:", "main.main()", "\t/app/main.go:3 +0x1", "exit status 2"],
    ],
  ],
  [
    "the end of a program of Node's after its JSON",
    [
      '{"time":"2026-11-28T16:00:00.000Z","event":"listening"}',
      "file:///app/x.mjs:1",
      "  throw new Error()",
      "  ^",
      "",
      "Error: boom",
      "    at x",
      "",
      "Node.js v24.1.0",
    ],
    [
      ["listening"],
      [
        "file:///app/x.mjs:1",
        "  throw new Error()",
        "  ^",
        "",
        "Error: boom",
        "    at x",
        "",
        "Node.js v24.1.0",
      ],
    ],
  ],
  ["lines of no shape, each of its own", ["one", "two", "  two's"], [["one"], ["two", "  two's"]]],
  [
    "blank lines of nobody",
    ["", " ", '{"time":"2026-11-28T16:00:00.000Z","event":"up"}', "", "{", "}"],
    [["up"], ["{", "}"]],
  ],
])("%s stays together", (_, lines, expected) => {
  expect(texts(recordsOf(...lines))).toEqual(expected);
});

test("a line that comes much later is one of its own", () => {
  expect(texts(recordsOf("16:17:39.016 [info] up", 2000, "  1.0 [in_use_count: 0]"))).toEqual([
    ["up"],
    ["  1.0 [in_use_count: 0]"],
  ]);
});

test("what tells no level has that of its worst line", () => {
  const [crash, said] = recordsOf("file:///app/x.mjs:1", "", "Error: boom", 3000, "Welcome");
  expect([crash?.level, said?.level]).toEqual(["error", undefined]);
  expect(recordsOf("panic: oh")[0]?.level).toBe("fatal");
  expect(recordsOf("started with 0 errors")[0]?.level).toBeUndefined();
});

test("what was told before it was whole goes on as what it was", () => {
  const records = new LogRecords();
  const line = (time: number, text: string): LogLine => ({ time: start + time, text });
  records.push(line(0, "fail: App[0]"));
  expect(records.end()).toMatchObject({ text: "App[0]", continues: false });
  expect(records.push(line(200, "      it broke"))).toBeUndefined();
  expect(records.end()).toMatchObject({ text: "      it broke", continues: true });
});

test("a record without an end is told in pieces", () => {
  const records = recordsOf("fail: App[0]", ...Array.from({ length: 1200 }, () => "   at x"));
  expect(records.map(({ lines, continues }) => [lines.length, continues])).toEqual([
    [500, false],
    [500, true],
    [201, true],
  ]);
});

test("a program's own time counts where it is no other than that of its log, and no record is older than the one before", () => {
  const json = (ago: number) => `{"time":"${new Date(start - ago).toISOString()}","event":"x"}`;
  expect(recordsOf(json(150), json(100)).map(({ time }) => time - start)).toEqual([-150, -100]);
  expect(recordsOf(json(3_600_000))[0]?.time).toBe(start);
  expect(recordsOf(json(-5000))[0]?.time).toBe(start);
  expect(recordsOf("plain", json(150)).map(({ time }) => time - start)).toEqual([0, 0]);
});
