import { expect, test } from "vitest";
import { type Expected, reportOf } from "./backup-report.ts";

const nightly: Expected = {
  plan: { schedule: "17 2 * * *", timeZone: "Etc/UTC", drillDays: 7 },
  since: new Date("2026-10-01T12:00:00Z"),
};
const at = (time: string) => new Date(`2026-11-${time}:00Z`);
const save = (day: number, result: string): string => `backup 202611${day}T021700Z ${result} postgres`;
const drill = (day: number, result: string, database = "core"): string =>
  `drill 202611${day}T021800Z ${result} ${result === "begun" ? "postgres" : `postgres/${database} some.dump`}`;

test.each([
  [
    "a good one",
    [save(28, "ok"), drill(28, "ok")],
    true,
    "saved 2026-11-28 02:17Z ok, 7 h ago, drill 2026-11-28 02:18Z ok",
  ],
  [
    "one that failed, whatever the order",
    [save(28, "failed"), drill(27, "ok"), `before: ${save(25, "ok")}`],
    false,
    "saved 2026-11-28 02:17Z FAILED, the last good one 2026-11-25 02:17Z, 3 days ago, drill 2026-11-27 02:18Z ok",
  ],
  [
    "one that failed when none was good",
    [`${save(28, "failed")} job backup-1`],
    false,
    "saved 2026-11-28 02:17Z FAILED (job backup-1), none before is known to be good, no drill yet, a drill is OVERDUE since 2026-11-28 02:17Z",
  ],
  [
    "one that was killed",
    [save(27, "ok"), save(28, "begun"), drill(27, "ok")],
    false,
    "saved 2026-11-27 02:17Z ok, 31 h ago, the one begun 2026-11-28 02:17Z NEVER ENDED: it was killed, drill 2026-11-27 02:18Z ok",
  ],
  [
    "one that was never carried into the bucket",
    [save(27, "ok"), save(28, "begun"), save(28, "dumped"), drill(27, "ok")],
    false,
    "saved 2026-11-27 02:17Z ok, 31 h ago, the one begun 2026-11-28 02:17Z NEVER ENDED: it was killed, drill 2026-11-27 02:18Z ok",
  ],
  [
    "one that was killed, and another by hand that was not",
    [save(27, "begun"), save(28, "begun"), save(28, "ok"), drill(27, "ok")],
    true,
    "saved 2026-11-28 02:17Z ok, 7 h ago, drill 2026-11-27 02:18Z ok",
  ],
  [
    "nights that never came",
    [save(20, "ok"), drill(27, "ok")],
    false,
    "saved 2026-11-20 02:17Z ok, 8 days ago, OVERDUE since 2026-11-28 02:17Z, drill 2026-11-27 02:18Z ok",
  ],
  [
    "none at all",
    [],
    false,
    "no backup yet, OVERDUE since 2026-11-28 02:17Z, no drill yet, a drill is OVERDUE since 2026-11-28 02:17Z",
  ],
  [
    "a drill that failed for one of two",
    [save(28, "ok"), drill(27, "ok"), drill(27, "failed", "auth")],
    false,
    "saved 2026-11-28 02:17Z ok, 7 h ago, drill 2026-11-27 02:18Z FAILED: postgres/auth",
  ],
  [
    "a drill that was killed with one of two tried",
    [save(28, "ok"), drill(20, "ok"), drill(20, "ok", "auth"), drill(27, "begun"), drill(27, "ok")],
    false,
    "saved 2026-11-28 02:17Z ok, 7 h ago, drill 2026-11-20 02:18Z ok, a drill begun 2026-11-27 02:18Z NEVER ENDED: it was killed",
  ],
  [
    "a drill that never came again",
    [save(28, "ok"), drill(19, "ok")],
    false,
    "saved 2026-11-28 02:17Z ok, 7 h ago, drill 2026-11-19 02:18Z ok, a drill is OVERDUE since 2026-11-28 02:17Z",
  ],
  [
    "a damaged file",
    [save(28, "ok"), "damaged /backups/.drill/postgres", "drill 2026"],
    false,
    "/backups/.drill/postgres is DAMAGED: the next one writes it anew",
  ],
])("tells %s", (_what, lines, ok, text) => {
  const report = reportOf(lines.join("\n"), nightly, at("28T10:00"));
  expect(report).toEqual({ ok, text: expect.stringContaining(text) });
});

test.each([
  ["20991231T021700Z", "2099-12-31 02:17Z"],
  ["20261128T221700Z", "2026-11-28 22:17Z"],
  ["20261128T100600Z", "2026-11-28 10:06Z"],
])("what a clock told that was ahead, %s, hides nothing that failed since", (time, shown) => {
  const lines = [
    `backup ${time} ok postgres`,
    `drill ${time} ok postgres/core some.dump`,
    save(27, "ok"),
    save(28, "failed"),
    drill(28, "ok"),
  ].join("\n");
  expect(reportOf(lines, nightly, at("28T10:00"))).toEqual({
    ok: false,
    text: `saved 2026-11-28 02:17Z FAILED, the last good one 2026-11-27 02:17Z, 31 h ago, drill 2026-11-28 02:18Z ok, one of ${shown}, which is in the FUTURE, does not count`,
  });
});

test("one that runs, or has only just been due, is no fault", () => {
  const lines = [save(26, "ok"), drill(26, "ok"), save(28, "begun")].join("\n");
  expect(reportOf(lines, nightly, at("28T08:00"))).toEqual({
    ok: true,
    text: "saved 2026-11-26 02:17Z ok, 2 days ago, the one begun 2026-11-28 02:17Z is running, drill 2026-11-26 02:18Z ok",
  });
  expect(reportOf(`${lines}\nidle`, nightly, at("28T08:00")).text).toContain(
    "the one begun 2026-11-28 02:17Z NEVER ENDED",
  );
  expect(reportOf(`${save(28, "ok")}\n${drill(28, "ok")}\nidle`, nightly, at("28T08:00")).ok).toBe(true);
  const late = [save(27, "ok"), drill(27, "ok")].join("\n");
  expect(reportOf(late, nightly, at("28T08:00")).ok).toBe(true);
  expect(reportOf(late, nightly, at("28T08:18")).ok).toBe(false);
});

test("of a stack that was brought up since, nothing is overdue yet", () => {
  const since = new Date("2026-11-28T03:00:00Z");
  expect(reportOf("", { ...nightly, since }, at("29T08:00"))).toEqual({
    ok: true,
    text: "no backup yet, no drill yet",
  });
  expect(reportOf(save(20, "ok"), { ...nightly, since }, at("28T10:00")).ok).toBe(true);
  expect(reportOf("", { ...nightly, since }, at("29T09:00")).ok).toBe(false);
});

test("without drills none is missed", () => {
  const plan = { ...nightly.plan, drillDays: undefined };
  expect(reportOf(save(28, "ok"), { ...nightly, plan }, at("28T10:00")).ok).toBe(true);
});

test("a weekly backup is overdue after a week, in its own time zone", () => {
  const plan = { schedule: "0 23 * * 0", timeZone: "America/New_York", drillDays: undefined };
  const lines = "backup 20261116T040001Z ok postgres"; // Sunday evening there.
  expect(reportOf(lines, { ...nightly, plan }, at("23T09:00")).ok).toBe(true);
  expect(reportOf(lines, { ...nightly, plan }, at("23T10:30")).ok).toBe(false);
});

const restore = (result: string, database = "core", time = "28T080000"): string =>
  `restore 202611${time}Z ${result} postgres/${database}`;
const good = [save(28, "ok"), drill(28, "ok")];
const begun = "the restore of core begun 2026-11-28 08:00Z";

test.each([
  [
    "is under way",
    [restore("begun"), "restoring postgres/core"],
    true,
    "a restore of core begun 2026-11-28 08:00Z is running",
  ],
  ["has told nothing of itself yet", ["restoring postgres/core"], true, "a restore of core is running"],
  ["is the second one", [restore("ok"), "restoring postgres/core"], true, "a restore of core is running"],
  ["ended well", [restore("begun"), restore("replacing"), restore("ok")], true, `${begun} ended well`],
  ["changed nothing", [restore("unchanged")], true, `${begun} failed, and changed nothing`],
  ["was killed in time", [restore("begun")], true, `${begun} was killed, and left nothing by halves`],
  [
    "was killed too late",
    [restore("replacing")],
    false,
    `${begun} NEVER ENDED: it was killed; restore again`,
  ],
  [
    "failed by halves",
    [`${restore("failed")} job backup-restore-1`],
    false,
    `${begun} FAILED (job backup-restore-1): restore again`,
  ],
])("a restore that %s is told", (_what, lines, ok, words) => {
  expect(reportOf([...good, ...lines].join("\n"), nightly, at("28T09:30"))).toEqual({
    ok,
    text: `saved 2026-11-28 02:17Z ok, 7 h ago, drill 2026-11-28 02:18Z ok, ${words}`,
  });
});

test("of restores the last of each part counts, and one that left nothing by halves is told for a day", () => {
  const lines = [...good, restore("ok", "core", "26T080000"), restore("replacing", "notes", "20T080000")];
  const told = reportOf(lines.join("\n"), nightly, at("28T09:30"));
  expect(told.ok).toBe(false);
  expect(told.text).not.toContain("core");
  expect(told.text).toContain("the restore of notes begun 2026-11-20 08:00Z NEVER ENDED");
  const again = reportOf([...lines, restore("ok", "notes", "28T090000")].join("\n"), nightly, at("28T09:30"));
  expect(again.ok).toBe(true);
});
