import { z } from "zod";

/** Bounds of the five fields, with the names that stand for numbers. Source: Kubernetes, "CronJob", schedule syntax. */
const fields = [
  { name: "minute", least: 0, most: 59, words: [] },
  { name: "hour", least: 0, most: 23, words: [] },
  { name: "day of the month", least: 1, most: 31, words: [] },
  {
    name: "month",
    least: 1,
    most: 12,
    words: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
  },
  { name: "day of the week", least: 0, most: 6, words: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
] as const;

type Field = (typeof fields)[number];

/** A cron schedule as the numbers that each of its fields allows. */
export interface Schedule {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly days: readonly number[];
  readonly months: readonly number[];
  readonly weekdays: readonly number[];
  /**
   * Days of the month and of the week are both given: one of them is enough. A step of two or more gives a field, as Kubernetes'
   * library reads it, so that a schedule means the same on an engine and in a cluster; crontab(5) would go by the star alone.
   * Source: robfig/cron v3, `getRange` and `dayMatches`.
   */
  readonly eitherDay: boolean;
}

/** Reads a cron schedule of five fields. @throws {RangeError} with the field that is wrong. */
export function parseCron(text: string): Schedule {
  const parts = text.split(" ");
  if (parts.length !== fields.length) throw new RangeError("has not five fields with one space between");
  const [minutes = [], hours = [], days = [], months = [], weekdays = []] = fields.map((field, index) =>
    numbersOf(field, parts[index] ?? ""),
  );
  const free = (index: number) =>
    parts[index]?.split(",").some((item) => /^\*(?:\/0*1)?$/.test(item)) ?? false;
  const eitherDay = !free(2) && !free(4);
  if (!eitherDay && !months.some((month) => days.some((day) => day <= (longestMonth[month - 1] ?? 0))))
    throw new RangeError(`"${text}" never comes: no such month has such a day`);
  return { minutes, hours, days, months, weekdays, eitherDay };
}

/** Days of each month, of a leap year. */
const longestMonth = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function numbersOf(field: Field, text: string): number[] {
  const found = new Set<number>();
  for (const item of text.split(",")) {
    const [range = "", every] = item.split("/");
    const step = every === undefined ? 1 : whole(every);
    const [from, to] = boundsOf(field, range, every !== undefined);
    const outside = from < field.least || to > field.most;
    if (Number.isNaN(step + from + to) || step < 1 || from > to || outside || item.split("/").length > 2)
      throw new RangeError(`"${text}" is no ${field.name}: ${field.least} to ${field.most}`);
    for (let number = from; number <= to; number += step) found.add(number);
  }
  return [...found].sort((a, b) => a - b);
}

function boundsOf(field: Field, range: string, stepped: boolean): [number, number] {
  if (range === "*") return [field.least, field.most];
  const [first = "", last, ...more] = range.split("-");
  const from = numberOf(field, first);
  if (last === undefined) return [from, stepped ? field.most : from];
  return [from, more.length > 0 ? Number.NaN : numberOf(field, last)];
}

function numberOf({ words, least }: Field, text: string): number {
  const index = (words as readonly string[]).indexOf(text.toLowerCase());
  return index === -1 ? whole(text) : index + least;
}

const whole = (text: string): number => (/^\d+$/.test(text) ? Number(text) : Number.NaN);

/** When something is done: a cron schedule. */
export const schedule = z.string().superRefine((text, { addIssue }) => {
  try {
    parseCron(text);
  } catch (error) {
    addIssue({
      code: "custom",
      message: `must be a cron schedule of five fields: ${(error as Error).message}`,
    });
  }
});
