import { expect, test } from "vitest";
import { sinceOf } from "./log-since.ts";

const now = Date.parse("2026-11-28T16:00:00Z");

test.each([
  ["10m", "2026-11-28T15:50:00Z"],
  ["1h30m", "2026-11-28T14:30:00Z"],
  ["1.5h", "2026-11-28T14:30:00Z"],
  ["1500ms", "2026-11-28T15:59:58.500Z"],
  ["2m30s", "2026-11-28T15:57:30Z"],
  ["2026-11-28T15:00:00Z", "2026-11-28T15:00:00Z"],
  ["2026-11-28T15:00:00.25+01:00", "2026-11-28T14:00:00.250Z"],
  ["2026-11-28t15:00:00z", "2026-11-28T15:00:00Z"],
  // A clock a little ahead.
  ["2026-11-28T16:00:30Z", "2026-11-28T16:00:30Z"],
])("%s is understood", (text, time) => {
  expect(sinceOf(text, now)).toEqual({ at: Date.parse(time) });
});

test.each([
  ["2d", "48h"],
  ["1w", "168h"],
  ["90", "90s"],
  ["2026-11-28", "2026-11-28T00:00:00Z"],
  ["2026-11-28 15:00", "2026-11-28T15:00:00Z"],
  ["2026-11-28T15:00:00", "2026-11-28T15:00:00Z"],
  ["2026-11-28T15:00Z", "10m"],
  ["2026-02-30T15:00:00Z", "10m"],
  ["2026-11-29T15:00:00Z", "10m"],
  ["-5m", "10m"],
  ["5 m", "10m"],
  ["yesterday", "10m"],
  ["", "10m"],
  ["m", "10m"],
])("%s is none, and %s is", (text, mend) => {
  const since = sinceOf(text, now);
  expect(since).toEqual({ fault: expect.any(String), write: mend });
  expect(sinceOf(mend, now)).toEqual({ at: expect.any(Number) });
});
