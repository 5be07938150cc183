import type { Schedule } from "./cron.ts";

/** No schedule that {@link parseCron} takes is silent for longer: the 29th of February, where a century has none. */
const mostDays = 8 * 366;
const minuteMs = 60_000;
const dayMs = 86_400_000;

/**
 * The last time at which something on a schedule was to begin; undefined when that is longer ago than any schedule waits. A
 * time that the clocks of its zone jump over does not come, as on an engine, which looks at the clock once a minute.
 */
export function lastDue(schedule: Schedule, timeZone: string, before: Date): Date | undefined {
  const wall = wallClock(timeZone);
  const today = Math.floor(wall(before.getTime()) / dayMs);
  for (let day = today; day > today - mostDays; day--) {
    if (!onDay(schedule, new Date(day * dayMs))) continue;
    for (const hour of schedule.hours.toReversed())
      for (const minute of schedule.minutes.toReversed()) {
        const time = instantOf(wall, day * dayMs + (hour * 60 + minute) * minuteMs);
        if (time !== undefined && time <= before.getTime()) return new Date(time);
      }
  }
  return undefined;
}

function onDay({ days, months, weekdays, eitherDay }: Schedule, date: Date): boolean {
  if (!months.includes(date.getUTCMonth() + 1)) return false;
  const day = days.includes(date.getUTCDate());
  const weekday = weekdays.includes(date.getUTCDay());
  return eitherDay ? day || weekday : day && weekday;
}

/** What the clocks of a zone show at a time, as the milliseconds at which those of UTC show it. */
function wallClock(timeZone: string): (time: number) => number {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  });
  return (time) => {
    const part = Object.fromEntries(
      format.formatToParts(time).map(({ type, value }) => [type, Number(value)]),
    );
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0 } = part;
    return Date.UTC(year, month - 1, day, hour, minute);
  };
}

/** The time at which a zone's clocks show something; the later one where they show it twice. */
function instantOf(wall: (time: number) => number, shown: number): number | undefined {
  // No zone is further from UTC than that, and none changes its clocks twice in those days.
  const offsets = [shown + dayMs, shown - dayMs].map(
    (time) => wall(time) - Math.floor(time / minuteMs) * minuteMs,
  );
  return offsets
    .map((offset) => shown - offset)
    .filter((time) => wall(time) === shown)
    .sort((a, b) => b - a)[0];
}
