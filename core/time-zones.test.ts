import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { timeZone } from "./time-zones.ts";
import { suggestedValue } from "./validation.ts";

test("a time zone is one that exists", () => {
  for (const good of [
    "Etc/UTC",
    "Europe/Lisbon",
    "America/Argentina/Buenos_Aires",
    "UTC",
    "Asia/Kolkata",
    "CET",
  ])
    expect(timeZone.safeParse(good).success, good).toBe(true);
  for (const bad of ["", "Europe/Lisboa", "Local", "+01:00", "Europe/Lisbon; id", "../etc/passwd"])
    expect(timeZone.safeParse(bad).success, bad).toBe(false);
});

test.each([
  ["europe/lisbon", "Europe/Lisbon"],
  ["EUROPE/LISBON", "Europe/Lisbon"],
  ["etc/utc", "Etc/UTC"],
  ["Utc", "UTC"],
  ["asia/kolkata", "Asia/Kolkata"],
  ["america/port-au-prince", "America/Port-au-Prince"],
  ["america/argentina/buenos_aires", "America/Argentina/Buenos_Aires"],
  ["us/eastern", "US/Eastern"],
  ["cet", "CET"],
  ["australia/act", "Australia/ACT"],
])("%s is refused with its spelling, %s", (text, write) => {
  const [issue] = timeZone.safeParse(text).error?.issues ?? [];
  expect(issue && suggestedValue(issue)).toBe(write);
  expect(timeZone.safeParse(write).success).toBe(true);
});

test.skipIf(!existsSync("/usr/share/zoneinfo/Europe/Lisbon"))(
  "and each is a file of this machine's database",
  () => {
    for (const zone of Intl.supportedValuesOf("timeZone")) {
      const issue = timeZone.safeParse(zone.toLowerCase()).error?.issues[0];
      const spelled = (issue && suggestedValue(issue)) ?? zone;
      expect(timeZone.safeParse(spelled).success, zone).toBe(true);
      expect(existsSync(`/usr/share/zoneinfo/${spelled}`), spelled).toBe(true);
    }
  },
);
