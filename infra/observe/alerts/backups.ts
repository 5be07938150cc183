import { backupsOf } from "../../../config/settings/backups.ts";
import { parseCron } from "../../../core/cron.ts";
import { lastDue } from "../../../core/cron-times.ts";
import { longestBackupSeconds } from "../../../stores/backup-status.ts";
import { backupSources } from "../../workloads/backup-sources.ts";
import type { Alerts, Case, Subject } from "./rule.ts";

const day = 86_400;

/** The longest time between two backups of a schedule that began in the year 2024, which has every day, seconds. */
export function longestPause(schedule: string): number {
  const parsed = parseCron(schedule);
  let pause = 0;
  let later = new Date(Date.UTC(2025, 0, 1));
  // Twenty are enough for one of a month, and a year of those that come every day would say nothing more.
  for (let count = 0; count < 20; count++) {
    const earlier = lastDue(parsed, "Etc/UTC", new Date(later.getTime() - 60_000));
    if (earlier === undefined) break;
    if (count > 0) pause = Math.max(pause, (later.getTime() - earlier.getTime()) / 1000);
    later = earlier;
  }
  return pause === 0 ? 366 * day : pause;
}

/** What a stack saves: on an engine each source for itself, on a cluster by the job that has it. */
function saved({ platform, settings }: Subject): {
  readonly sources: readonly string[];
  readonly jobs: readonly string[];
} {
  const all = backupSources(platform, settings, (workload, member) => `${workload}-${member}`);
  return { sources: all.map(({ source }) => source), jobs: [...new Set(all.map(({ job }) => job))] };
}

const showBackups = "`./beat status` says of each store when it was saved last, and what went wrong";

/** A case for each source on an engine, for each job on a cluster. */
const everySource =
  (
    engine: ((subject: Subject, source: string) => Case) | undefined,
    cluster: ((subject: Subject, job: string) => Case) | undefined,
  ) =>
  (subject: Subject): Case[] => {
    const { sources, jobs } = saved(subject);
    if (subject.settings.target === "docker")
      return sources.flatMap((source) =>
        engine === undefined ? [] : [{ ...engine(subject, source), labels: { source } }],
      );
    return jobs.flatMap((job) =>
      cluster === undefined ? [] : [{ ...cluster(subject, job), labels: { source: job } }],
    );
  };

/** How old the newest may be: one that failed is tried again on schedule, and only then is it too old. */
const oldest = ({ settings }: Subject): number => {
  const plan = backupsOf(settings);
  return plan === undefined ? 0 : 2 * longestPause(plan.schedule) + longestBackupSeconds;
};

const span = (seconds: number): string =>
  seconds >= 2 * day ? `${Math.round(seconds / day)} days` : `${Math.round(seconds / 3600)} hours`;

/** Whether what the stack holds is saved, and can be read again. */
export const backupAlerts = {
  BackupFailed: {
    severity: "warning",
    means: "The last backup of a store, or of a service's uploads, failed. The one before is still there.",
    steps: [showBackups, "`./beat backup` saves everything now, and shows what it says"],
    cases: everySource(
      ({ select }, source) => ({
        expr: `max(${select("beat_backup_last_ok", { source })}) == 0`,
        summary: `the last backup of ${source} failed`,
      }),
      ({ select }, job) => {
        // What `./beat backup` starts is called after it as well.
        const labels = { job_name: { like: `${job}-[0-9a-z]+` } };
        const good = `scalar(max(${select("kube_cronjob_status_last_successful_time", { cronjob: job })}) or vector(0))`;
        return {
          expr: `count(max by (job_name) (${select("kube_job_failed", { ...labels, condition: "true" })}) == 1 and on (job_name) max by (job_name) (${select("kube_job_created", labels)}) > ${good}) > 0`,
          summary: `the last run of ${job} failed`,
        };
      },
    ),
  },
  BackupTooOld: {
    severity: "critical",
    means: "No backup has succeeded for more than twice as long as the schedule says.",
    steps: [
      showBackups,
      "`./beat backup` saves everything now",
      "`./beat doctor` says what is free on the disk",
    ],
    cases: everySource(
      (subject, source) => {
        const { select } = subject;
        const last = select("beat_backup_last_success_timestamp_seconds", { source });
        const since = select("beat_backup_since_timestamp_seconds");
        return {
          expr: `time() - (max(${last}) or max(${since})) > ${oldest(subject)}`,
          summary: `${source} was not saved for more than ${span(oldest(subject))}`,
        };
      },
      (subject, job) => {
        const { select } = subject;
        const last = select("kube_cronjob_status_last_successful_time", { cronjob: job });
        const since = select("kube_cronjob_created", { cronjob: job });
        return {
          expr: `time() - (max(${last}) or max(${since})) > ${oldest(subject)}`,
          summary: `${job} has not succeeded for more than ${span(oldest(subject))}`,
        };
      },
    ),
  },
  BackupDrillFailed: {
    severity: "critical",
    means:
      "The newest backup could not be restored into a place of its own: it is of no use. A cluster's drills are told by `./beat status` alone.",
    steps: [
      showBackups,
      "`./beat backup verify` tries the newest ones now",
      "`./beat backup` makes new ones",
    ],
    cases: everySource(
      ({ select }, source) => ({
        expr: `max(${select("beat_backup_drill_last_ok", { source })}) == 0`,
        summary: `the newest backup of ${source} cannot be restored`,
      }),
      undefined,
    ),
  },
  BackupDrillTooOld: {
    severity: "warning",
    means:
      "Nobody has tried for long whether the backups can be restored. A cluster's drills are told by `./beat status` alone.",
    steps: ["`./beat backup verify` tries the newest ones now", showBackups],
    cases: (subject) => {
      const drillDays = backupsOf(subject.settings)?.drillDays;
      if (drillDays === undefined) return [];
      // One follows the first backup after it is due.
      const most = 2 * drillDays * day + oldest(subject);
      return everySource(({ select }, source) => {
        const last = select("beat_backup_drill_last_success_timestamp_seconds", { source });
        return {
          expr: `time() - (max(${last}) or max(${select("beat_backup_since_timestamp_seconds")})) > ${most}`,
          summary: `backups of ${source} were not tried for more than ${span(most)}`,
        };
      }, undefined)(subject);
    },
  },
} as const satisfies Alerts;
