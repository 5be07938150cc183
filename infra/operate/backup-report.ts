import type { BackupPlan } from "../../config/settings/backups.ts";
import { parseCron } from "../../core/cron.ts";
import { lastDue } from "../../core/cron-times.ts";
import { isOfFuture } from "../../stores/backup-names.ts";
import { longestBackupSeconds } from "../../stores/backup-status.ts";
import { dateOf, hasEnded, type Note, notesIn, shown, stampOf } from "./backup-notes.ts";
import { restoreWords } from "./restore-report.ts";

/** What the last backup and the last drill of one thing came to. */
export interface BackupReport {
  readonly ok: boolean;
  readonly text: string;
}

/** What there should be by now. */
export interface Expected {
  readonly plan: Pick<BackupPlan, "schedule" | "timeZone" | "drillDays">;
  /** Since when it has been saved on that schedule. */
  readonly since: Date;
}

/**
 * Reads what the backups, drills and restores of one source have told: the newest of each counts, whatever the order.
 * @param expected tells also what is overdue: the backup or the drill that should have begun longer ago than one may take.
 */
export function reportOf(lines: string, expected?: Expected, now = new Date()): BackupReport {
  const all = notesIn(lines).sort((a, b) => (a.time < b.time ? -1 : 1));
  // Told by a clock that was ahead, it would be the newest until then, and hide what failed since.
  const isAhead = ({ time }: Note): boolean => isOfFuture(time, now.getTime());
  const notes = all.filter((note) => !isAhead(note));
  const future = all.findLast(isAhead);
  // An engine can say that nothing runs; elsewhere what has not ended is given as long as it may take.
  const mostMs = /^idle$/m.test(lines) ? 0 : longestBackupSeconds * 1000;
  const damaged = /^damaged (\S+)/m.exec(lines)?.[1];
  const said = [
    ...backupWords(
      notes.filter(({ what }) => what === "backup"),
      expected,
      { now, mostMs },
    ),
    ...drillWords(
      notes.filter(({ what }) => what === "drill"),
      expected,
      { now, mostMs },
    ),
    ...restoreWords(notes, lines, now),
    ...(future === undefined
      ? []
      : [bad(`one of ${shown(future.time)}, which is in the FUTURE, does not count`)]),
    ...(damaged === undefined ? [] : [bad(`${damaged} is DAMAGED: the next one writes it anew`)]),
  ];
  return { ok: said.every(({ ok }) => ok), text: said.map(({ text }) => text).join(", ") };
}

const well = (text: string): BackupReport => ({ ok: true, text });
const bad = (text: string): BackupReport => ({ ok: false, text });

/** When it is, and how long what has begun may run. */
interface Moment {
  readonly now: Date;
  readonly mostMs: number;
}

function backupWords(notes: readonly Note[], expected: Expected | undefined, moment: Moment): BackupReport[] {
  const { now } = moment;
  const said: BackupReport[] = [];
  const last = notes.findLast(hasEnded);
  const good = notes.findLast(({ result }) => result === "ok");
  if (last?.result === "failed")
    said.push(
      bad(`saved ${shown(last.time)} FAILED${last.job === undefined ? "" : ` (job ${last.job})`}`),
      bad(
        good === undefined
          ? "none before is known to be good"
          : `the last good one ${shown(good.time)}, ${ago(good.time, now)}`,
      ),
    );
  else if (good !== undefined) said.push(well(`saved ${shown(good.time)} ok, ${ago(good.time, now)}`));
  const open = openOf(notes, last);
  if (open !== undefined) said.push(openWords("the one begun", open, moment));
  else if (last === undefined) said.push(well("no backup yet"));
  const due = expected && dueBefore(expected, now);
  // What was tried and failed was not left out, and has been said.
  if (due !== undefined && isBefore(notes.at(-1), due))
    said.push(bad(`OVERDUE since ${shown(stampOf(due))}`));
  return said;
}

function drillWords(notes: readonly Note[], expected: Expected | undefined, moment: Moment): BackupReport[] {
  const { now } = moment;
  const days = expected?.plan.drillDays;
  const newest = new Map(notes.filter(hasEnded).map((note) => [note.of, note]));
  const results = [...newest.values()].sort((a, b) => (a.time < b.time ? -1 : 1));
  const failed = results.filter(({ result }) => result !== "ok");
  const [first] = results;
  const said: BackupReport[] = [];
  if (failed[0] !== undefined)
    said.push(bad(`drill ${shown(failed[0].time)} FAILED: ${failed.map(({ of }) => of).join(", ")}`));
  else if (first !== undefined) said.push(well(`drill ${shown(first.time)} ok`));
  // Of the oldest: in a log stand also the first results of a drill that was killed then.
  const open = openOf(notes, first);
  if (open !== undefined) said.push(openWords("a drill begun", open, moment));
  else if (first === undefined) said.push(well("no drill yet"));
  const due = expected && dueBefore(expected, now);
  if (days === undefined || due === undefined || failed.length > 0 || open !== undefined) return said;
  // As many days as the scripts wait: see `drillWhenDue`.
  const wanted = new Date(due.getTime() - days * 86_400_000 + 43_200_000);
  if (isBefore(first, first === undefined ? due : wanted))
    said.push(bad(`a drill is OVERDUE since ${shown(stampOf(due))}`));
  return said;
}

/** What began after the last that ended. */
const openOf = (notes: readonly Note[], last: Note | undefined): Note | undefined =>
  notes.findLast((note) => !hasEnded(note) && note.time > (last?.time ?? ""));

const openWords = (which: string, { time }: Note, { now, mostMs }: Moment): BackupReport =>
  now.getTime() - dateOf(time) > mostMs
    ? bad(`${which} ${shown(time)} NEVER ENDED: it was killed`)
    : well(`${which} ${shown(time)} is running`);

/** The last time at which a backup should have begun and, by now, ended. */
function dueBefore({ plan, since }: Expected, now: Date): Date | undefined {
  const limit = new Date(now.getTime() - longestBackupSeconds * 1000);
  const due = lastDue(parseCron(plan.schedule), plan.timeZone, limit);
  return due === undefined || due < since ? undefined : due;
}

/** Whether something began, if ever, before a time. Clocks that differ by some minutes are no reason to say so. */
const isBefore = (note: Note | undefined, time: Date): boolean =>
  note === undefined || dateOf(note.time) < time.getTime() - 15 * 60_000;

function ago(stamp: string, now: Date): string {
  const minutes = Math.max(0, Math.floor((now.getTime() - dateOf(stamp)) / 60_000));
  if (minutes < 120) return `${minutes} min ago`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h ago` : `${Math.floor(minutes / 1440)} days ago`;
}
