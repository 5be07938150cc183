import { expect, test } from "vitest";
import { parseCron } from "./cron.ts";

test("each field is the numbers that it allows", () => {
  expect(parseCron("*/20 1-3,22 1 jan-mar mon")).toEqual({
    minutes: [0, 20, 40],
    hours: [1, 2, 3, 22],
    days: [1],
    months: [1, 2, 3],
    weekdays: [1],
    eitherDay: true,
  });
  expect(parseCron("17 2 * * *")).toMatchObject({ minutes: [17], hours: [2], eitherDay: false });
  expect(parseCron("50/4 0 */10 * 6").minutes).toEqual([50, 54, 58]);
});

test.each([
  ["60 2 * * *", "minute"],
  ["17 24 * * *", "hour"],
  ["17 2 0 * *", "day of the month"],
  ["17 2 * 13 *", "month"],
  ["17 2 * * 7", "day of the week"],
  ["5-1 2 * * *", "minute"],
  ["*/0 2 * * *", "minute"],
  ["1/2/3 2 * * *", "minute"],
  ["17 2 * *", "five fields"],
  ["17  2 * * *", "five fields"],
  ["$(id) 2 * * *", "minute"],
  ["@daily", "five fields"],
])("refuses %s for its %s", (text, field) => expect(() => parseCron(text)).toThrow(field));

test.each([
  ["0 2 */2 * 1", true],
  ["0 2 1 * */2", true],
  ["0 2 */2 * *", false],
  ["0 2 */1 * 1", false],
  ["0 2 1,* * 1", false],
])("which days %s means is what Kubernetes takes it for", (text, eitherDay) =>
  expect(parseCron(text).eitherDay).toBe(eitherDay),
);

test("a date that no year has is refused; one of leap years, and one beside a weekday, are not", () => {
  for (const text of ["0 3 31 2 *", "0 3 30 2 *", "0 3 31 4,6,9,11 *"])
    expect(() => parseCron(text)).toThrow(`"${text}" never comes`);
  for (const text of ["0 3 29 2 *", "0 3 31 2,3 *", "0 3 31 2 1"])
    expect(() => parseCron(text)).not.toThrow();
});
