import { expect, test } from "vitest";
import type { Turn } from "./turn.ts";
import { TurnQueue } from "./turn-queue.ts";

const turn = (characters = 0) =>
  ({ request: { url: "/".repeat(characters), rawHeaders: [] } }) as unknown as Turn;

test("sixteen turns are enough, and there is room again at half of them", () => {
  const queue = new TurnQueue();
  for (let i = 0; i < 15; i++) queue.push(turn(), true);
  expect(queue.full).toBe(false);
  queue.push(turn(), true);
  expect([queue.full, queue.hasRoom]).toEqual([true, false]);
  for (let i = 0; i < 7; i++) queue.shift();
  expect([queue.length, queue.full, queue.hasRoom]).toEqual([9, false, false]);
  queue.shift();
  expect(queue.hasRoom).toBe(true);
});

test("so are 32 KiB of heads; one that nothing is before does not count", () => {
  const queue = new TurnQueue();
  queue.push(turn(40_000), false);
  queue.push(turn(20_000), true);
  expect([queue.full, queue.hasRoom]).toEqual([false, false]);
  queue.push(turn(20_000), true);
  expect(queue.full).toBe(true);
  queue.shift();
  queue.shift();
  queue.shift();
  expect([queue.length, queue.full, queue.hasRoom]).toEqual([0, false, true]);
});
