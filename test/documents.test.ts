import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { changes } from "../docs/day-two.ts";
import { documents, schemaFile, schemaText, update } from "../docs/generate.ts";

test.each(documents)("the generated parts of %s are current (npm run docs)", (document) => {
  const text = readFileSync(document, "utf8");
  expect(update(text)).toBe(text);
  expect(text).toMatch(/<!-- \w+ -->\n\S/);
});

test("the schema of a stack's settings is current (npm run docs)", () => {
  expect(readFileSync(schemaFile, "utf8")).toBe(schemaText());
});

test("every change that is told of has been tried on an engine or a cluster", () => {
  const folders = ["engine/", "cluster/"].map((name) => new URL(name, import.meta.url));
  const tests = folders
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: "utf8" })
        .filter((file) => /^day-two.*(\.test|-stories)\.ts$/.test(file))
        .map((file) => readFileSync(new URL(file, folder), "utf8")),
    )
    .join("\n");
  expect(Object.keys(changes).filter((name) => !new RegExp(`hanges\\.${name}[,)]`).test(tests))).toEqual([]);
});
