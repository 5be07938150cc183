import { expect, test } from "vitest";
import { fitting, pageOf } from "./page.ts";
import type { Usage } from "./read.ts";

const usage: Usage = {
  parts: [
    {
      name: "auth-service",
      ok: true,
      status: "Up 3 hours (healthy)",
      cpu: 0.0123,
      memoryBytes: 50 * 1_048_576,
      memoryLimitBytes: 256 * 1_048_576,
      restarts: 2,
    },
    { name: "redis", ok: false, status: "Exited (1)" },
    { name: "provision-kafka", ok: true, ended: true, status: "Exited (0)" },
  ],
  routes: [
    {
      route: "auth-service",
      rate: 12.34,
      lately: { count: 100, errors: 3, p99Ms: 123.4 },
      ever: { count: 5000, errors: 3, p99Ms: Number.POSITIVE_INFINITY },
    },
    {
      route: "core-service",
      rate: 0,
      lately: { count: 0, errors: 0, p99Ms: undefined },
      ever: { count: 7, errors: 0, p99Ms: 2.5 },
    },
  ],
  groups: [
    { group: "auth_consumer", service: "auth-service", lag: 7 },
    {
      group: "message_consumer",
      service: "messaging-service",
      lag: undefined,
      fault: "the group has no member",
    },
  ],
  faults: ["routes: there is no gateway"],
};

test("parts, routes and groups have a table each, and what is not well stands first", () => {
  expect(pageOf(usage, { title: "dev", colours: false })).toEqual([
    "dev",
    "✘ routes: there is no gateway",
    "",
    "   PART           CPU  MEMORY    LIMIT  RESTARTS  STATE",
    "✘  redis          n/a     n/a      n/a       n/a  Exited (1)",
    "✔  auth-service  1.2%  50 MiB  256 MiB         2  Up 3 hours (healthy)",
    "",
    "ROUTE         REQ/S   5XX     P99  EVER   5XX     P99",
    "auth-service   12.3  3.0%  123 ms  5000  0.1%  > 10 s",
    "core-service    0.0     -       -     7    0%  2.5 ms",
    "",
    "GROUP             SERVICE            LAG",
    "auth_consumer     auth-service         7",
    "message_consumer  messaging-service  n/a  the group has no member",
  ]);
});

test("colours are there where they are wanted, and take no room", () => {
  const lines = pageOf(usage, { title: "dev", colours: true });
  expect(lines[4]).toMatch(/^\u001b\[31m✘/);
  expect(fitting(lines, 10, 100)[4]).toBe("\u001b[31m✘  redis  \u001b[39m");
});

test("a low terminal is told what it has no room for", () => {
  const lines = Array.from({ length: 10 }, (_, at) => `line ${at}`);
  expect(fitting(lines, 80, 5)).toEqual(["line 0", "line 1", "line 2", "… 7 lines more"]);
  expect(fitting(lines, 80, 11)).toEqual(lines);
  expect(fitting(["a😀b"], 2, 5)).toEqual(["a😀"]);
});
