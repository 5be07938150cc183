import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clientKey, RateLimiter } from "./rate-limit.ts";

const admitted = (limiter: RateLimiter, client: string, now: number, times: number): number => {
  let count = 0;
  for (let i = 0; i < times; i++) if (limiter.take(client, now) === 0) count++;
  return count;
};
const bucket = fc.record({
  rate: fc.oneof(fc.integer({ min: 1, max: 2000 }), fc.double({ min: 0.1, max: 50, noNaN: true })),
  burst: fc.integer({ min: 1, max: 50 }),
});
const gaps = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 3000, noNaN: true })), {
  maxLength: 300,
});

describe("a token bucket", () => {
  test("admits never more than burst + rate * t in any window, per client and in total", () => {
    fc.assert(
      fc.property(bucket, fc.constantFrom("perClient", "total"), gaps, (limit, kind, steps) => {
        const limiter = new RateLimiter({ [kind]: limit });
        const passed: number[] = [];
        let now = 1e6;
        steps.forEach((step, i) => {
          now += step;
          if (limiter.take(kind === "total" ? `10.0.0.${i % 5}` : "10.0.0.1", now) === 0) passed.push(now);
        });
        for (let from = 0; from < passed.length; from++)
          for (let to = from; to < passed.length; to++) {
            const seconds = ((passed[to] as number) - (passed[from] as number)) / 1000;
            expect(to - from + 1).toBeLessThanOrEqual(limit.burst + limit.rate * seconds + 1e-3);
          }
      }),
      { numRuns: 300 },
    );
  });

  test("saves up no more than its burst, however long nobody comes", () => {
    const limiter = new RateLimiter({ perClient: { rate: 1, burst: 2 } });
    expect(admitted(limiter, "a", 0, 9)).toBe(2);
    expect(admitted(limiter, "a", 1e6, 9)).toBe(2);
  });

  test("refills exactly: one token after 1/rate, all of them after burst/rate", () => {
    fc.assert(
      fc.property(bucket, (limit) => {
        const limiter = new RateLimiter({ perClient: limit });
        const interval = 1000 / limit.rate;
        expect(admitted(limiter, "a", 0, limit.burst + 3)).toBe(limit.burst);
        expect(limiter.take("a", interval * 0.99)).toBeGreaterThan(0);
        expect(admitted(limiter, "a", interval, 3)).toBe(1);
        expect(admitted(limiter, "a", interval * (limit.burst + 1), limit.burst + 3)).toBe(limit.burst);
      }),
    );
  });

  test("who comes again after the seconds it was told is let in, and a second earlier is not", () => {
    fc.assert(
      fc.property(bucket, gaps, (limit, steps) => {
        const limiter = new RateLimiter({ perClient: limit });
        let now = 0;
        for (const step of steps) {
          now += step / 50;
          const wait = limiter.take("a", now);
          if (wait === 0) continue;
          expect(Number.isInteger(wait)).toBe(true);
          if (wait > 1) expect(limiter.take("a", now + (wait - 1) * 1000 - 1)).toBeGreaterThan(0);
          now += wait * 1000;
          expect(limiter.take("a", now)).toBe(0);
        }
      }),
    );
  });

  test("a client over its limit takes nothing from the others' total", () => {
    const limiter = new RateLimiter({ perClient: { rate: 1, burst: 1 }, total: { rate: 1, burst: 3 } });
    expect(admitted(limiter, "a", 0, 100)).toBe(1);
    expect(limiter.take("b", 0)).toBe(0);
    expect(limiter.take("c", 0)).toBe(0);
    expect(limiter.take("d", 0)).toBe(1);
  });

  test("without a limit everybody passes and nobody is remembered", () => {
    const limiter = new RateLimiter({ total: { rate: 1, burst: 1000 } });
    expect(admitted(limiter, "a", 0, 1000)).toBe(1000);
    expect(limiter.size).toBe(0);
  });
});

describe("memory", () => {
  test("stays within its bound whoever comes", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(500), { maxLength: 2000 }), (clients) => {
        const limiter = new RateLimiter({ perClient: { rate: 10, burst: 5 } }, 32);
        clients.forEach((client, i) => {
          limiter.take(`10.0.${client >> 8}.${client & 255}`, i);
        });
        expect(limiter.size).toBe(Math.min(32, new Set(clients).size));
      }),
    );
  });

  test("a crowd of fresh addresses does not wash an abuser's debt away", () => {
    const limiter = new RateLimiter({ perClient: { rate: 1, burst: 20 } }, 1000);
    expect(admitted(limiter, "abuser", 0, 50)).toBe(20);
    let extra = 0;
    for (let i = 0; i < 100_000; i++) {
      limiter.take(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, i / 100);
      if (i % 100 === 0 && limiter.take("abuser", i / 100) === 0) extra++;
    }
    // One second has passed: the bucket gave back one token, no more.
    expect(extra).toBeLessThanOrEqual(1);
  });

  test("a full bucket is what is forgotten first", () => {
    const limiter = new RateLimiter({ perClient: { rate: 1, burst: 2 } }, 3);
    admitted(limiter, "a", 0, 2);
    admitted(limiter, "b", 0, 1);
    admitted(limiter, "c", 0, 2);
    limiter.take("d", 1500);
    expect(limiter.size).toBe(3);
    expect(admitted(limiter, "a", 1500, 3)).toBe(1);
    expect(admitted(limiter, "c", 1500, 3)).toBe(1);
  });
});

test.each([
  ["192.0.2.1", "192.0.2.1"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
  ["2001:db8:1:2::1", "2001:db8:1:2"],
  ["2001:0DB8:0001:0002::1", "2001:db8:1:2"],
  ["2001:db8::1", "2001:db8:0:0"],
  ["2001:db8::3:4:5:6:7", "2001:db8:0:3"],
  ["::1", "0:0:0:0"],
  ["::", "0:0:0:0"],
  ["1::", "1:0:0:0"],
  ["fe80::1%eth0", "fe80:0:0:0"],
  ["", ""],
])("%s counts as %s", (address, key) => expect(clientKey(address)).toBe(key));
