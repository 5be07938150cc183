import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { Cursor } from "./cursor.ts";
import { history } from "./history.ts";
import { follow } from "./live.ts";
import type { Wanted } from "./pick.ts";
import { TestPlace } from "./test-place.ts";

/** Reads what there is, then follows. */
async function followed(place: TestPlace, wanted: Wanted = {}) {
  const ended = new AbortController();
  const told: string[] = [];
  const notes: string[] = [];
  const isChosen = ({ part }: { readonly part: string }) => part !== "other";
  const sources = (await place.sources()).filter(isChosen);
  const readings = sources.map((source) => ({ source, cursor: new Cursor() }));
  for await (const { source, text } of history(readings, { ...wanted, signal: ended.signal }))
    told.push(`${source.id} ${text}`);
  const end = follow({
    ...wanted,
    place,
    readings,
    first: {},
    chooses: isChosen,
    tell: ({ source, text, more }) => told.push([`${source.id} ${text}`, ...more].join("/")),
    note: (words) => notes.push(words),
    signal: ended.signal,
  });
  onTestFinished(async () => {
    ended.abort();
    await end;
  });
  return {
    told,
    notes,
    end: () => {
      ended.abort();
      return end;
    },
  };
}

test("what there is comes in the order of time, each log in its own", async () => {
  const place = new TestPlace();
  const [a, b] = [place.log("a"), place.log("b")];
  a.write(1, "a1");
  a.write(4, "a4");
  a.write(3, "a3, written late");
  b.write(2, "b2");
  b.write(5, "b5");
  const readings = (await place.sources()).map((source) => ({ source, cursor: new Cursor() }));
  const told: string[] = [];
  for await (const { text } of history(readings, { signal: new AbortController().signal })) told.push(text);
  expect(told).toEqual(["a1", "b2", "a4", "a3, written late", "b5"]);
});

test("of what is picked so many of the last of each log are told", async () => {
  const place = new TestPlace();
  const a = place.log("a");
  for (let at = 0; at < 10; at++) a.write(at * 2000, `16:00:00.000 [${at % 2 ? "error" : "info"}] ${at}`);
  const readings = (await place.sources()).map((source) => ({ source, cursor: new Cursor() }));
  const told: string[] = [];
  const { signal } = new AbortController();
  for await (const { text } of history(readings, { level: "error", tail: 2, signal })) told.push(text);
  expect(told).toEqual(["7", "9"]);
});

test("no line is lost or told twice over an end, a start and a successor", async () => {
  const place = new TestPlace();
  const first = place.log("a#1");
  place.log("other").write(1, "not this one");
  first.write(1500, "one", "two at that moment", "two at that moment");
  const { told } = await followed(place);
  expect(told).toEqual(["a#1 one", "a#1 two at that moment", "a#1 two at that moment"]);
  await expect.poll(() => first.reads.length).toBe(2);
  first.write(1500, "three at that moment, too");
  first.write(1600, "last words");
  first.end();
  place.news();
  // It was written after the stream had ended and before somebody looked again.
  first.write(1700, "after its end");
  await sleep(20);
  first.start();
  place.news();
  first.write(2500, "again");
  await expect.poll(() => told.length).toBe(7);
  place.log("a#2").write(3000, "successor");
  place.remove("a#1");
  await expect.poll(() => told.length).toBe(8);
  await sleep(100);
  expect(told.slice(3)).toEqual([
    "a#1 three at that moment, too",
    "a#1 last words",
    "a#1 after its end",
    "a#1 again",
    "a#2 successor",
  ]);
});

test("a connection that ends though the container goes on is made again, and nothing is lost", async () => {
  const place = new TestPlace();
  const a = place.log("a");
  const { told } = await followed(place);
  await expect.poll(() => a.reads.length).toBe(2);
  a.write(1000, "before");
  a.cut();
  await sleep(20);
  a.write(1001, "meanwhile");
  place.news();
  await expect.poll(() => told, { timeout: 4000 }).toEqual(["a before", "a meanwhile"]);
  expect(a.reads.length).toBe(3);
});

test("a record that comes a little late is told in its place", async () => {
  const place = new TestPlace();
  const [a, b] = [place.log("a"), place.log("b")];
  const { told } = await followed(place);
  await expect.poll(() => a.reads.length + b.reads.length).toBe(4);
  a.write(2000, "later");
  await sleep(120);
  b.write(1000, "earlier");
  await expect.poll(() => told).toEqual(["b earlier", "a later"]);
});

test("a trace stays with its first line, and is told without waiting for another one", async () => {
  const place = new TestPlace();
  const a = place.log("a");
  const { told } = await followed(place, { level: "error" });
  await expect.poll(() => a.reads.length).toBe(2);
  a.write(1, "16:00:00.000 [info] fine", "    at x");
  a.write(2, "16:00:00.000 [error] broken", "    at y");
  await expect.poll(() => told).toEqual(["a broken/    at y"]);
});

test("what is held back is told at the end", async () => {
  const place = new TestPlace();
  const a = place.log("a");
  const { told, end } = await followed(place);
  await expect.poll(() => a.reads.length).toBe(2);
  a.write(1, "last");
  await sleep(10);
  await end();
  expect(told).toEqual(["a last"]);
});

test("a place that is away is waited for, and told once", async () => {
  const place = new TestPlace();
  const a = place.log("a");
  const { told, notes } = await followed(place);
  await expect.poll(() => a.reads.length).toBe(2);
  place.fault = new Error("no engine");
  a.end();
  place.news();
  await sleep(1200);
  a.write(1, "back");
  a.start();
  place.fault = undefined;
  await expect.poll(() => told, { timeout: 3000 }).toEqual(["a back"]);
  expect(notes).toEqual([
    "the logs cannot be read: no engine; waiting until they can",
    "they can be read again",
  ]);
});
