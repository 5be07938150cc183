import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { documents, schemaFile, schemaText, update } from "../docs/generate.ts";

test.each(documents)("the generated parts of %s are current (npm run docs)", (document) => {
  const text = readFileSync(document, "utf8");
  expect(update(text)).toBe(text);
  expect(text).toMatch(/<!-- \w+ -->\n\S/);
});

test("the schema of a stack's settings is current (npm run docs)", () => {
  expect(readFileSync(schemaFile, "utf8")).toBe(schemaText());
});
