import { expect, test } from "vitest";
import type { InputError } from "../../core/problems.ts";
import { backupNotes, backupsOf, oldBackupsSpelling } from "./backups.ts";
import { parseSettings } from "./parse.ts";

const settings = (values: Readonly<Record<string, unknown>>) =>
  parseSettings(
    Object.fromEntries(
      Object.entries(values).map(([key, value]) => [
        `platform:${key}`,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    ),
  );
const refused = (values: Readonly<Record<string, unknown>>): string[] => {
  try {
    settings(values);
  } catch (error) {
    return (error as InputError).problems.map(({ path, message }) => `${path}: ${message}`);
  }
  return [];
};
const usual = {
  schedule: "17 2 * * *",
  timeZone: "Etc/UTC",
  keepDays: 14,
  drillDays: 7,
  volumeSize: "20Gi",
  bucket: undefined,
};

test("a cluster is saved where nothing is said, an engine when it is asked to", () => {
  expect(backupsOf(settings({ target: "kubernetes" }))).toEqual(usual);
  expect(backupsOf(settings({}))).toBeUndefined();
  expect(backupsOf(settings({ backups: { keep: 3 } }))).toEqual({ ...usual, keepDays: 3 });
  expect(backupsOf(settings({ target: "kubernetes", backups: false }))).toBeUndefined();
});

test("the old spelling keeps its meaning and names the new one; both at once are refused", () => {
  const old = { backups: { schedule: "1 3 * * *", keepDays: 5, volume: { size: "2Gi" } } };
  const parsed = settings({ target: "kubernetes", kubernetes: old });
  expect(backupsOf(parsed)).toEqual({ ...usual, schedule: "1 3 * * *", keepDays: 5, volumeSize: "2Gi" });
  expect(oldBackupsSpelling(parsed)).toContain("platform:backups");
  expect(oldBackupsSpelling(settings({ target: "kubernetes" }))).toBeUndefined();
  expect(backupsOf(settings({ target: "kubernetes", kubernetes: { backups: false } }))).toBeUndefined();
  expect(refused({ target: "kubernetes", kubernetes: old, backups: {} })).toEqual([
    expect.stringContaining("platform:kubernetes.backups: is the old spelling"),
  ]);
});

test.each([
  [{ backups: { timeZone: "Europe/Lisboa" } }, "platform:backups.timeZone: must be a time zone"],
  [{ backups: { schedule: "61 2 * * *" } }, "platform:backups.schedule: must be a cron schedule"],
  [{ backups: { keep: 0 } }, "platform:backups.keep: "],
  [{ backups: { days: 3 } }, "platform:backups.days: is not a setting"],
  [
    { backups: { to: { bucket: { endpoint: "https://s3.example.org", name: "beat" } } } },
    "platform:backups.to.bucket: is for the target kubernetes",
  ],
  [
    { backups: { to: { volume: { size: "1Gi" } } } },
    "platform:backups.to.volume: is for the target kubernetes",
  ],
  [
    {
      target: "kubernetes",
      backups: { to: { volume: {}, bucket: { endpoint: "https://s3.example.org", name: "beat" } } },
    },
    "platform:backups.to.volume: is of no use beside a bucket",
  ],
])("refuses %j", (values, problem) => {
  const problems = refused(values);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(problem);
});

test("what is not saved is told of the stores there are", () => {
  const told = (stores: object) =>
    backupNotes(settings({ target: "docker", backups: {} }) as never, { stores } as never).map(
      ({ text }) => text,
    );
  expect(told({ postgres: {} })).toEqual([]);
  expect(told({ postgres: {}, kafka: {} })).toEqual([
    "what is in kafka is not saved: docs/backups.md says why",
  ]);
  expect(told({ redis: {}, kafka: {} })).toEqual([
    expect.stringMatching(/^what is in (redis and kafka|kafka and redis) is/),
  ]);
});
