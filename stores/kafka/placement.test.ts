import { expect, test } from "vitest";
import { placementOf } from "./placement.ts";

const place = (replicas: number[], brokers: number[], copies: number, turn = 0) =>
  placementOf({ replicas, brokers, copies, turn });

test("what holds a partition stays first, and as many join as are lacking", () => {
  expect(place([0], [0, 1, 2], 3)).toEqual([0, 1, 2]);
  expect(place([2, 0], [0, 1, 2], 3)).toEqual([2, 0, 1]);
  // Partitions begin with different brokers: a single one would get them all.
  expect(place([0], [0, 1, 2, 3], 2, 1)).toEqual([0, 2]);
});

test("what leaves is replaced where there is another, and left out where there is none", () => {
  expect(place([1, 2, 0], [0], 1)).toEqual([0]);
  expect(place([1, 2], [0], 1)).toEqual([0]);
  expect(place([3, 1, 2], [0, 1, 2], 3)).toEqual([1, 2, 0]);
});

test("nothing moves where nothing is wrong", () => {
  expect(place([2, 0, 1], [0, 1, 2], 3)).toBeUndefined();
  expect(place([0], [0, 1, 2], 1)).toBeUndefined();
});
