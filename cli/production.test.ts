import { expect, test } from "vitest";
import { requireKept } from "./production.ts";

test("a stack in production is not taken down with its data unless --volumes is said", () => {
  expect(() => requireKept("prod", [])).not.toThrow();
  expect(() => requireKept("prod", ["data-mongo-0", "core-public"])).toThrow(
    /would delete data-mongo-0, core-public with their data[\s\S]*volumes retain --stack prod[\s\S]*down --volumes --stack prod/,
  );
});
