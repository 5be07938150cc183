import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { AccessLog } from "../observe/access-log.ts";
import { type Stop, stopOnSignals } from "./signals.ts";

/** What happened, in order. */
const calls: string[] = [];
vi.mock("../node/leave.ts", () => ({ leave: (code: number) => void calls.push(`leave ${code}`) }));

const log = {
  event: (event: string) => void calls.push(event),
  flush() {},
  close: async () => void calls.push("log closed"),
} as unknown as AccessLog;
const names = ["SIGTERM", "SIGINT", "SIGHUP"] as const;
type Name = (typeof names)[number];
let before: Record<Name, NodeJS.SignalsListener[]>;
let stop: Stop;

/** The listeners that the gateway has added: a test runner has its own. */
const added = (name: Name) => process.listeners(name).filter((listener) => !before[name].includes(listener));
const send = async (name: Name) => {
  for (const listener of added(name)) listener(name);
  await vi.advanceTimersByTimeAsync(0);
};

beforeEach(() => {
  calls.length = 0;
  vi.useFakeTimers();
  const of = (name: Name) => process.listeners(name);
  before = { SIGTERM: of("SIGTERM"), SIGINT: of("SIGINT"), SIGHUP: of("SIGHUP") };
  stop = stopOnSignals(log, 3_000);
  stop.drain = async () => void calls.push("drained");
  stop.finish = () => void calls.push("finished");
  stop.abandon = () => void calls.push("abandoned");
});
afterEach(() => {
  for (const name of names) for (const listener of added(name)) process.off(name, listener);
  vi.useRealTimers();
});

describe("signals", () => {
  test.each(["SIGTERM", "SIGINT"] as const)("%s drains, tells so, and tells the end", async (name) => {
    expect(stop.asked).toBe(false);
    await send(name);
    expect(stop.asked).toBe(true);
    expect(calls).toEqual(["draining", "drained", "finished", "stopped", "log closed", "leave 0"]);
  });

  test.each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
  ] as const)("a second one, %s, leaves at once with %i", async (name, code) => {
    stop.drain = () => new Promise(() => {});
    await send("SIGTERM");
    expect(calls.splice(0)).toEqual(["draining"]);
    await send(name);
    expect(calls.slice(0, 4)).toEqual(["stopped-at-once", "log closed", "abandoned", `leave ${code}`]);
  });

  test("what hangs ends two seconds after the drain's time, and ends the others", async () => {
    stop.drain = () => new Promise(() => {});
    await send("SIGTERM");
    await vi.advanceTimersByTimeAsync(4_999);
    expect(calls.splice(0)).toEqual(["draining"]);
    await vi.advanceTimersByTimeAsync(1);
    expect(calls).toEqual(["ended-late", "log closed", "abandoned", "leave 1"]);
  });

  test("SIGHUP, before any table is watched, is heard and does nothing", async () => {
    expect(added("SIGHUP")).toHaveLength(1);
    await send("SIGHUP");
    expect(calls).toEqual([]);
  });
});
