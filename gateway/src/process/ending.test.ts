import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { AccessLog } from "../observe/access-log.ts";
import { briefly, endInOrder } from "./ending.ts";

/** What happened, in order. */
const calls: string[] = [];
vi.mock("../node/leave.ts", () => ({ leave: (code: number) => void calls.push(`leave ${code}`) }));

const log = {
  event: (event: string, facts: object) => void calls.push(`${event} ${JSON.stringify(facts)}`),
  close: async (limit?: number) =>
    void calls.push(limit === undefined ? "log closed" : `log closed ${limit}`),
} as unknown as AccessLog;
const never = () => new Promise<void>(() => {});
const done = (what: string) => async () => void calls.push(what);
const limit = 5_000;

beforeEach(() => {
  calls.length = 0;
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("an end", () => {
  test("in order: what runs, the rest, the log, and 0", async () => {
    void endInOrder({ log, limit, drain: done("drained"), finish: done("finished"), abandon() {} });
    await vi.advanceTimersByTimeAsync(0);
    expect(calls).toEqual(["drained", "finished", "log closed", "leave 0"]);
  });

  test("of requests that hang comes at the limit, is told, ends the others and is a failure", async () => {
    void endInOrder({
      log,
      limit,
      drain: never,
      finish: done("finished"),
      abandon: () => void calls.push("abandoned"),
    });
    await vi.advanceTimersByTimeAsync(limit - 1);
    expect(calls).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(calls).toEqual([
      `ended-late {"after_ms":${limit},"drained":false}`,
      `log closed ${briefly}`,
      "abandoned",
      "leave 1",
    ]);
  });

  test("of a rest that hangs is a late one, and yet in order", async () => {
    void endInOrder({ log, limit, drain: done("drained"), finish: never });
    await vi.advanceTimersByTimeAsync(limit);
    expect(calls).toEqual([
      "drained",
      `ended-late {"after_ms":${limit},"drained":true}`,
      `log closed ${briefly}`,
      "leave 0",
    ]);
  });
});
