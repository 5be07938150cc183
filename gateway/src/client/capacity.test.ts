import { expect, test, vi } from "vitest";
import { capacityOf } from "./capacity.ts";

const limits = vi.hoisted(() => ({ text: "" }));
vi.mock("node:fs", () => ({ readFileSync: () => limits.text }));

test.each([
  // Settings, workers, files: connections, and so many more that are told.
  [100, 1, 100_000, 100, 12],
  [16, 1, 100_000, 16, 4],
  [16_384, 1, 100_000, 16_384, 256],
  // A connection may need a second file, and the process has some of its own.
  [16_384, 1, 1_024, 496, 62],
  [16_384, 1, 40, 4, 4],
  [16_384, 1, 0, 1, 4],
  // Workers share what the settings allow, and have files of their own each.
  [100, 4, 100_000, 25, 4],
  [101, 4, 100_000, 26, 4],
])(
  "%i connections, %i workers, %i files: %i, and %i are told",
  (maxConnections, workers, files, ...expected) => {
    const { connections, reserve } = capacityOf({ maxConnections, workers }, files);
    expect([connections, reserve]).toEqual(expected);
  },
);

test("the system says how many files there are", () => {
  limits.text = "Limit                     Soft Limit           Hard Limit           Units\n";
  expect(capacityOf({ maxConnections: 500, workers: 1 }).connections).toBe(500);
  limits.text += "Max open files            132                  4096                 files\n";
  expect(capacityOf({ maxConnections: 500, workers: 1 }).connections).toBe(50);
});
