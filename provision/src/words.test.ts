import { expect, test } from "vitest";
import { wordsOf } from "./words.ts";

test("the innermost words of an error are said, and their commands name the stack", () => {
  const error = new AggregateError(
    [new AggregateError([new Error("still copied; fix: ./beat up")])],
    "all failed",
  );
  expect(wordsOf(error, { BEAT_STACK: "prod" })).toBe("still copied; fix: ./beat up --stack prod");
  expect(wordsOf(error, {})).toBe("still copied; fix: ./beat up");
});
