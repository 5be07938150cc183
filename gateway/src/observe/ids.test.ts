import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { randomHex } from "./random.ts";
import { isRequestId, newRequestId } from "./request-id.ts";
import { isTraceparent, passTrace, traceOf } from "./trace.ts";

const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
const parent = "00f067aa0ba902b7";
const valid = `00-${trace}-${parent}-01`;

test("random digits are as many as asked, across refills of the pool", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), (count) => {
      const digits = randomHex(count);
      expect(digits).toHaveLength(count);
      expect(digits).toMatch(/^[0-9a-f]+$/);
    }),
  );
});

describe("request ids", () => {
  test("are UUIDs of version 4, all different", () => {
    const ids = Array.from({ length: 20_000 }, newRequestId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(new Set(ids.map((id) => id[19])).size).toBe(4);
  });
  test.each([
    ["a", true],
    ["req_1", true],
    ["req#1", false],
    ["a1B2-._~:/+=", true],
    ["x".repeat(200), true],
    ["x".repeat(201), false],
    ["", false],
    ["a b", false],
    ["a\n", false],
    ['a"', false],
    ["é", false],
  ])("%j well-formed: %s", (id, expected) => expect(isRequestId(id)).toBe(expected));
});

describe("traceparent", () => {
  test.each([
    [valid, true],
    [`00-${trace}-${parent}-00`, true],
    [`00-${trace}-${parent}-ff`, true],
    [`01-${trace}-${parent}-01`, true],
    [`cc-${trace}-${parent}-01-what-the-future-brings`, true],
    [`cc-${trace}-${parent}-01.what`, false],
    [`00-${trace}-${parent}-01-more`, false],
    [`${valid}-`, false],
    [`ff-${trace}-${parent}-01`, false],
    [`00-${"0".repeat(32)}-${parent}-01`, false],
    [`00-${trace}-${"0".repeat(16)}-01`, false],
    [`00-${trace.toUpperCase()}-${parent}-01`, false],
    [`00-${trace}-${parent}-0`, false],
    [`00-${trace}-${parent}-0X`, false],
    [`0-${trace}-${parent}-01`, false],
    [` ${valid}`, false],
    [`${valid}\n`, false],
    [`${valid}, ${valid}`, false],
    ["", false],
  ])("%j valid: %s", (given, expected) => expect(isTraceparent(given)).toBe(expected));

  test("without export a valid one passes unchanged, whatever its flags", () => {
    expect(passTrace(valid)).toBe(valid);
    expect(passTrace(`00-${trace}-${parent}-03`)).toBe(`00-${trace}-${parent}-03`);
  });

  test("a later version goes on as version 00 of the same trace", () => {
    for (const flags of ["00", "01"])
      expect(passTrace(`cc-${trace}-${parent}-${flags}-x`)).toBe(`00-${trace}-${parent}-${flags}`);
    expect(passTrace(`cc-${trace}-${parent}-fe`)).toBe(`00-${trace}-${parent}-00`);
  });

  test.each([undefined, "", `00-${trace}`])("%j begins a trace and drops tracestate", (given) => {
    expect(isTraceparent(passTrace(given))).toBe(true);
    expect(passTrace(given)).toMatch(/-00$/);
    expect(passTrace(given)).not.toBe(passTrace(given));
    for (const trusted of [true, false]) {
      const made = traceOf(given, trusted);
      expect(isTraceparent(made.traceparent)).toBe(true);
      expect(made).toMatchObject({ sampled: true, keepsState: false, parentId: undefined });
      expect(made.traceparent).toBe(`00-${made.traceId}-${made.spanId}-01`);
      expect(made.traceId).not.toBe(traceOf(given, trusted).traceId);
    }
  });

  test.each([
    ["00", true, "00"],
    ["01", true, "01"],
    ["03", true, "01"],
    ["00", false, "01"],
    ["01", false, "01"],
  ])(
    "flags %s of a client, trusted: %s: the next hop's parent is our own span, flags %s",
    (flags, trusted, next) => {
      const ours = traceOf(`00-${trace}-${parent}-${flags}`, trusted);
      expect(ours).toMatchObject({
        traceId: trace,
        parentId: parent,
        sampled: next === "01",
        keepsState: true,
      });
      expect(ours.spanId).not.toBe(parent);
      expect(ours.traceparent).toBe(`00-${trace}-${ours.spanId}-${next}`);
    },
  );

  test("a part of all traces is sampled, by their ids: later requests of one as the first", () => {
    const sampler = { parentBased: true, ratio: 0.25 };
    const made = Array.from({ length: 4_000 }, () => traceOf(undefined, false, sampler));
    const part = made.filter(({ sampled }) => sampled).length / made.length;
    expect(part).toBeGreaterThan(0.2);
    expect(part).toBeLessThan(0.3);
    for (const { traceId, spanId, sampled, traceparent } of made.slice(0, 200)) {
      expect(traceparent.endsWith(sampled ? "-01" : "-00")).toBe(true);
      // Who may not decide is not asked, whatever it says.
      for (const flags of ["00", "01"])
        expect(traceOf(`00-${traceId}-${spanId}-${flags}`, false, sampler).sampled).toBe(sampled);
    }
    for (const [ratio, sampled] of [
      [0, false],
      [1, true],
    ] as const)
      expect(
        made.every(() => traceOf(undefined, false, { parentBased: true, ratio }).sampled === sampled),
      ).toBe(true);
  });

  test("who may decide has decided, unless nobody may", () => {
    for (const flags of ["00", "01"]) {
      const client = `00-${trace}-${parent}-${flags}`;
      for (const ratio of [0, 1]) {
        expect(traceOf(client, true, { parentBased: true, ratio }).sampled).toBe(flags === "01");
        expect(traceOf(client, true, { parentBased: false, ratio }).sampled).toBe(ratio === 1);
        expect(traceOf(client, false, { parentBased: true, ratio }).sampled).toBe(ratio === 1);
      }
    }
  });
});
