import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { documents, update } from "../docs/generate.ts";

test.each(documents)("the generated parts of %s are current (npm run docs)", (document) => {
  const text = readFileSync(document, "utf8");
  expect(update(text)).toBe(text);
  expect(text).toMatch(/<!-- \w+ -->\n\S/);
});
