import fc from "fast-check";
import { expect, test } from "vitest";
import { startup } from "./pod.ts";

test("a start-up probe lasts as long as it says, whatever its period (property)", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 900 }), fc.integer({ min: 1, max: 30 }), (seconds, every) => {
      const { periodSeconds, failureThreshold } = startup(seconds, every);
      expect(periodSeconds * failureThreshold).toBeGreaterThanOrEqual(seconds);
      expect(periodSeconds * (failureThreshold - 1)).toBeLessThan(seconds);
    }),
  );
});
