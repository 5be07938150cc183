import { expect, test } from "vitest";
import { fuzz } from "./fuzz.ts";

/** The same streams every time, so that a change is judged and not the dice. New ones: `npm run fuzz -- --seconds 600`. */
const seed = Number(process.env.FUZZ_SEED ?? 1);

test.each(["requests", "responses"] as const)(
  "whatever bytes: %s pass as a strict reading has them, or not at all (RFC 9112)",
  async (side) => {
    const { runs, findings } = await fuzz({ seed, seconds: 7, side });
    console.log(`fuzz ${side}: ${runs} runs from seed ${seed}`);
    expect(findings.join("\n")).toBe("");
    expect(runs).toBeGreaterThan(100);
  },
  30_000,
);
