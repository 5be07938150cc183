import { expect, test } from "vitest";
import { LogRecords } from "../../core/log-records.ts";
import type { Told } from "../../infra/operate/logs/history.ts";
import { jsonLine, LogView, type Look, takesColours } from "./show.ts";

const time = new Date(2026, 10, 28, 16, 0, 0, 7).getTime();
function told(...lines: string[]): Told {
  const records = new LogRecords();
  for (const text of lines) records.push({ time, text });
  const record = records.end();
  if (record === undefined) throw new Error("nothing");
  return { ...record, source: { id: "1", part: "core-service", label: "core-service-7f" } };
}
const shown = (look: Partial<Look>, record: Told) =>
  new LogView({ colours: false, width: 16, today: time, ...look }).lines(record);

test("a record has its time, its name, its level and its words, and its lines stand below", () => {
  expect(shown({}, told("16:00:00.000 request_id=r-1 [error] broken", "    at x"))).toBe(
    "16:00:00.007 core-service-7f  ERROR broken id=r-1\n             core-service-7f            at x",
  );
  expect(shown({ width: 0 }, told("Welcome"))).toBe("16:00:00.007       Welcome");
  expect(shown({ width: 0, today: time + 86_400_000 }, told("Welcome"))).toBe(
    "2026-11-28 16:00:00.007       Welcome",
  );
  expect(shown({}, { ...told("    at x"), continues: true })).toBe(
    "             core-service-7f            at x",
  );
});

test("only a terminal has colours, and nobody who does not want them", () => {
  const record = told("16:00:00.000 [error] broken");
  expect(shown({}, record)).not.toContain("\u001b");
  expect(shown({ colours: true }, record)).toContain("\u001b[31mERROR\u001b[39m broken");
  expect(takesColours({ isTTY: true }, {})).toBe(true);
  expect(takesColours({ isTTY: true }, { NO_COLOR: "" })).toBe(true);
  expect(takesColours({ isTTY: true }, { NO_COLOR: "1" })).toBe(false);
  expect(takesColours({ isTTY: true }, { TERM: "dumb" })).toBe(false);
  expect(takesColours({}, {})).toBe(false);
});

test("for scripts a record is a line, with its lines as they were written", () => {
  const lines = ["16:00:00.000 request_id=r-1 [error] broken", "    at x"];
  expect(JSON.parse(jsonLine(told(...lines)))).toEqual({
    time: new Date(time).toISOString(),
    part: "core-service",
    member: "core-service-7f",
    level: "error",
    text: "broken\n    at x",
    requestId: "r-1",
    lines,
  });
});
