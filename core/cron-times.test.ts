import { expect, test } from "vitest";
import { parseCron } from "./cron.ts";
import { lastDue } from "./cron-times.ts";

test.each([
  ["17 2 * * *", "Etc/UTC", "2026-11-28T02:17:30Z", "2026-11-28T02:17:00Z"],
  ["17 2 * * *", "Etc/UTC", "2026-11-28T02:16:59Z", "2026-11-27T02:17:00Z"],
  ["17 2 * * *", "Asia/Kathmandu", "2026-11-28T12:00:00Z", "2026-11-27T20:32:00Z"],
  ["17 2 * * *", "America/New_York", "2026-07-01T12:00:00Z", "2026-07-01T06:17:00Z"],
  ["*/20 * * * *", "Europe/Lisbon", "2026-11-28T09:59:00Z", "2026-11-28T09:40:00Z"],
  ["0 3 * * 1", "Etc/UTC", "2026-11-29T00:00:00Z", "2026-11-23T03:00:00Z"],
  ["0 3 1 * 1", "Etc/UTC", "2026-12-02T00:00:00Z", "2026-12-01T03:00:00Z"],
  ["0 3 29 2 *", "Etc/UTC", "2027-01-01T00:00:00Z", "2024-02-29T03:00:00Z"],
  ["0 3 29 2 *", "Etc/UTC", "2104-02-28T00:00:00Z", "2096-02-29T03:00:00Z"],
  // 02:30 did not come on the 29th of March, and came twice on the 25th of October.
  ["30 2 * * *", "Europe/Berlin", "2026-03-29T12:00:00Z", "2026-03-28T01:30:00Z"],
  ["30 2 * * *", "Europe/Berlin", "2026-10-25T12:00:00Z", "2026-10-25T01:30:00Z"],
])("%s in %s was last due before %s at %s", (schedule, zone, before, due) =>
  expect(lastDue(parseCron(schedule), zone, new Date(before))?.toISOString()).toBe(due.replace("Z", ".000Z")),
);
