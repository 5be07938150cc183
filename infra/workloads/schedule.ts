import type { BackupPlan } from "../../config/settings/backups.ts";
import { parseCron } from "../../core/cron.ts";
import { quoted } from "../../core/shell.ts";
import { longestBackupSeconds } from "../../stores/backup-status.ts";

/** There once the schedule was understood; what fails at night is told by `./beat status`, and stops no deployment. */
export const schedulingFile = "/tmp/scheduling";

/**
 * A script for bash that runs /run/backup/backup.sh on a schedule, as a cluster's CronJobs do. The fields of the schedule are
 * lists of numbers by now, so all it does is look at the clock once a minute. A backup that fails ends nothing: the next
 * night is another one, and `./beat status` tells.
 */
export function scheduleScript({ schedule, timeZone }: Pick<BackupPlan, "schedule" | "timeZone">): string {
  const { minutes, hours, days, months, weekdays, eitherDay } = parseCron(schedule);
  const list = (numbers: readonly number[]) => quoted(` ${numbers.join(" ")} `);
  return [
    "set -uo pipefail",
    `zone=${quoted(timeZone)}`,
    // Without its file a zone would silently be UTC.
    'case "$zone" in UTC | Etc/UTC) ;; *)',
    '  if [ ! -f "/usr/share/zoneinfo/$zone" ]; then',
    '    echo "this image does not know the time zone $zone: set platform:backups.timeZone to Etc/UTC" >&2',
    "    exit 1",
    "  fi",
    "esac",
    'export TZ="$zone"',
    `minutes=${list(minutes)} hours=${list(hours)} days=${list(days)} months=${list(months)} weekdays=${list(weekdays)}`,
    "due() {",
    "  local minute hour day month weekday on_day=no on_weekday=no",
    "  read -r minute hour day month weekday <<< \"$(date '+%-M %-H %-d %-m %w')\"",
    '  case "$minutes" in *" $minute "*) ;; *) return 1 ;; esac',
    '  case "$hours" in *" $hour "*) ;; *) return 1 ;; esac',
    '  case "$months" in *" $month "*) ;; *) return 1 ;; esac',
    '  case "$days" in *" $day "*) on_day=yes ;; esac',
    '  case "$weekdays" in *" $weekday "*) on_weekday=yes ;; esac',
    eitherDay
      ? '  [ "$on_day" = yes ] || [ "$on_weekday" = yes ]'
      : '  [ "$on_day" = yes ] && [ "$on_weekday" = yes ]',
    "}",
    // A backup that is under way is ended, and can still tell that it has failed.
    "trap 'kill $(jobs -p) 2> /dev/null; wait; exit 0' TERM INT",
    `: > ${schedulingFile}`,
    `echo "saves at" ${quoted(schedule)} "($zone)"`,
    "while :; do",
    "  sleep $((60 - 10#$(date +%S))) &",
    '  wait "$!"',
    "  if due; then",
    // One that hangs would be the last; a cluster ends its job after the same time.
    `    timeout --kill-after=60 ${longestBackupSeconds} bash /run/backup/backup.sh &`,
    '    wait "$!" || echo "the backup failed; the next one is tried on schedule" >&2',
    "  fi",
    "done",
    "",
  ].join("\n");
}
