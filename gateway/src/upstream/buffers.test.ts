import { expect, test } from "vitest";
import { buffers, unread } from "./buffers.ts";

test("a buffer that is given back is used again, and nothing of what lay in it goes further", () => {
  const first = buffers.take().fill(0x41);
  buffers.give(first);
  const second = buffers.take();
  // Not `toBe`, which would print both.
  expect(second === first).toBe(true);
  expect(second.every((byte) => byte === unread)).toBe(true);
});

test("nobody gets a buffer that another has", () => {
  for (const buffer of [buffers.take(), buffers.take()]) buffers.give(buffer);
  const all = Array.from({ length: 5 }, () => buffers.take());
  expect(new Set([...all, buffers.shared]).size).toBe(6);
});

test("only so many are kept", () => {
  const all = Array.from({ length: 200 }, () => buffers.take());
  for (const buffer of all) buffers.give(buffer);
  const again = Array.from({ length: 200 }, () => buffers.take());
  expect(again.filter((buffer) => all.includes(buffer))).toHaveLength(128);
});
