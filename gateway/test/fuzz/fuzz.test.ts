import { expect, test } from "vitest";
import { fuzzAssociation } from "./association.ts";
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

test("each request gets its own answer, whole or visibly cut, and whatever is sound is served", async () => {
  const { runs, findings, summary } = await fuzzAssociation({ seed, seconds: 10 });
  console.log(summary);
  expect(findings.join("\n")).toBe("");
  expect(runs).toBeGreaterThan(100);
}, 60_000);
