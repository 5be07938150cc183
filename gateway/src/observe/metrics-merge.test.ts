import { expect, test } from "vitest";
import { gauge, merge } from "./metrics.ts";

test("series of several workers are one by their labels, in whatever order each names them", () => {
  const worker = (value: number, labels: Record<string, string>) => [gauge("a", "A.", [{ labels, value }])];
  const [family] = merge([
    worker(1, { route: "a", reason: "b" }),
    worker(2, { reason: "b", route: "a" }),
    worker(4, { reason: "a", route: "b" }),
  ]);
  expect(family?.samples.map((sample) => "value" in sample && sample.value)).toEqual([3, 4]);
});
