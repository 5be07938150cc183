import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { quoted } from "./shell.ts";

const said = (script: string): string => execFileSync("sh", ["-c", script], { encoding: "utf8" });

test("a shell takes any text for the one word that it is", () => {
  const text = fc.string({ unit: "binary", minLength: 0, maxLength: 40 }).filter((t) => !t.includes("\0"));
  const hostile = fc.constantFrom(
    "x; echo no",
    "$(echo no)",
    "`echo no`",
    "it's",
    "'",
    "a\nb",
    "-n",
    "\\",
    "",
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(hostile, text), { minLength: 1, maxLength: 8 }), (words) => {
      // A lone half of a pair is no text in UTF-8.
      const whole = words.map((word) => Buffer.from(word).toString());
      expect(said(`printf '<%s>' ${whole.map(quoted).join(" ")}`)).toBe(
        whole.map((word) => `<${word}>`).join(""),
      );
    }),
    { numRuns: 30 },
  );
});

test("a null byte is refused", () => {
  expect(() => quoted("a\0b")).toThrow(RangeError);
});
