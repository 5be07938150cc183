import { expect, test } from "vitest";
import { Places } from "./places.ts";

test("there are as many as there are, and who gives one back makes room", () => {
  const places = new Places(2);
  expect(["a", "a", "a"].map((client) => places.take(client))).toEqual([true, true, false]);
  places.free("a");
  expect(["b", "b"].map((client) => places.take(client))).toEqual([true, false]);
});

test("one client has its own number of them, which comes back one by one", () => {
  const places = new Places(undefined, 2);
  expect(["a", "a", "a", "b"].map((client) => places.take(client))).toEqual([true, true, false, true]);
  places.free("a");
  expect(["a", "a"].map((client) => places.take(client))).toEqual([true, false]);
  for (let i = 0; i < 2; i++) places.free("a");
  expect(["a", "a", "a"].map((client) => places.take(client))).toEqual([true, true, false]);
});

test("whoever is refused takes none", () => {
  const places = new Places(2, 1);
  expect(["a", "a", "a", "b", "c"].map((client) => places.take(client))).toEqual([
    true,
    false,
    false,
    true,
    false,
  ]);
});

test("a /64 is one client", () => {
  const places = new Places(undefined, 1);
  expect(places.take("2001:db8::1")).toBe(true);
  expect(places.take("2001:db8::2")).toBe(false);
  expect(places.take("2001:db8:0:1::1")).toBe(true);
  places.free("2001:db8::9");
  expect(places.take("2001:db8::2")).toBe(true);
});
