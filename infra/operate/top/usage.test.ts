import { expect, test } from "vitest";
import { CpuClock } from "./usage.ts";

test("cores are what was used between two readings; a first one and a restart tell none", () => {
  const clock = new CpuClock();
  expect(clock.cores("a", 10, 1000)).toBeUndefined();
  expect(clock.cores("a", 11, 3000)).toBe(0.5);
  expect(clock.cores("b", 5, 3000)).toBeUndefined();
  expect(clock.cores("a", 0.1, 4000)).toBeUndefined();
  expect(clock.cores("a", 0.3, 5000)).toBeCloseTo(0.2);
  expect(clock.cores("a", 0.3, 5000)).toBeUndefined();
});
