import { beforeEach, expect, test } from "vitest";
import { GroupProgress } from "./group-progress.ts";

let progress: GroupProgress;
let second: number;
beforeEach(() => {
  progress = new GroupProgress(40_000);
  second = 0;
});

/** A look five seconds later. */
function look(committed: bigint, end: bigint): void {
  second += 5;
  progress.note([{ partition: "events/0", committed, start: 0n, end }], second * 1000);
}
const stuck = () => progress.stalls(second * 1000).length > 0;
/** Seconds until it is noticed that the group has stopped reading there; the service is started anew then. */
function noticedAfter(committed: bigint): number {
  const from = second;
  while (!stuck()) look(committed, committed + 5n);
  progress.restarted(second * 1000);
  return second - from;
}

test("on a busy topic, where records always wait, a group that has read on for a while is found stuck as soon as at first", () => {
  let committed = 100n;
  const readOn = (looks: number) => {
    for (let looked = 0; looked < looks; looked++) {
      committed += 50n;
      look(committed, committed + 5n);
      expect(stuck()).toBe(false);
    }
  };
  for (let loss = 1; loss <= 4; loss++) {
    readOn(60);
    expect(noticedAfter(committed)).toBe(45);
  }
  // One that was well for a moment only may be slow, and is given more.
  readOn(6);
  expect(noticedAfter(committed)).toBe(85);
});

test("a consumer that needs longer for each record than it has at first keeps the time that it was given", () => {
  expect(noticedAfter(1n)).toBe(50);
  for (let record = 2n; record < 12n; record++)
    for (let looked = 0; looked < 12; looked++) {
      look(record, 100n);
      expect(stuck()).toBe(false);
    }
});

test("looks at which the group has no partition here are no reading on", () => {
  expect(noticedAfter(1n)).toBe(50);
  for (let looked = 0; looked < 60; looked++) {
    second += 5;
    progress.note([], second * 1000);
  }
  expect(noticedAfter(2n)).toBe(90);
});
