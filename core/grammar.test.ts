import { isAbsolute, normalize } from "node:path/posix";
import fc from "fast-check";
import { expect, test } from "vitest";
import { fitting } from "./issues.ts";
import { validateOrigin } from "./origins.ts";
import { validateFolder, validatePrefix, validateSuffix, validateUrlPath } from "./paths.ts";
import { type Invalid, suggestedValue, uniqueList, validText } from "./validation.ts";
import { validateVariableValue } from "./variables.ts";

/** Texts near a grammar: what people write, and what they should not. */
const near = (...pieces: string[]) =>
  fc
    .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 3 })), { maxLength: 6 })
    .map((all) => all.join(""));
const paths = near("/", "a", "..", ".", "//", "b-c", "%2e", "?", "#", ":", " ");
const origins = near("https", "http", "://", "a.b", "A", ":", "443", "8080", "99999", "/", "[::1]", "*", "@");

const written = (fault: Invalid | undefined): string | undefined =>
  typeof fault === "object" ? fault.write : undefined;

test.each<[string, (text: string) => Invalid | undefined, fc.Arbitrary<string>]>([
  ["path", validateUrlPath, paths],
  ["prefix", validatePrefix, paths],
  ["folder", validateFolder, paths],
  ["suffix", validateSuffix, near(".", "png", "tar.gz", "/")],
  ["origin", validateOrigin, origins],
])(
  "what is written in the place of a wrong %s is right, or is told what is wrong with it next",
  (_, validate, texts) =>
    fc.assert(
      fc.property(texts, (text) => {
        const seen = new Set<string>();
        for (let at: string | undefined = text; at !== undefined; at = written(validate(at))) {
          expect(seen.has(at)).toBe(false);
          seen.add(at);
        }
      }),
    ),
);

test("a path that is taken is read alike by whoever normalises it", () =>
  fc.assert(
    fc.property(paths, (text) => {
      if (validateUrlPath(text) !== undefined) return;
      expect(isAbsolute(text)).toBe(true);
      expect(normalize(text)).toBe(text);
      expect(new URL(text, "http://a").pathname).toBe(text);
    }),
  ));

test("a folder that is taken is no other spelling of one that is the platform's", () =>
  fc.assert(
    fc.property(near("/", "tmp", "proc", "dev", "..", ".", "x"), (text) => {
      if (validateFolder(text) !== undefined) return;
      expect(normalize(text)).toBe(text);
      expect(text).not.toMatch(/^\/(tmp|proc|dev)?$/);
    }),
  ));

test("an origin that is taken is one that a browser would send", () =>
  fc.assert(
    fc.property(origins, (text) => {
      if (text === "*" || validateOrigin(text) !== undefined) return;
      const url = new URL(text);
      // Of schemes that it does not know, URL tells no origin.
      expect(["http:", "https:"].includes(url.protocol) ? url.origin : `${url.protocol}//${url.host}`).toBe(
        text,
      );
    }),
  ));

test("the value of a variable that is taken is handed over whole", () =>
  fc.assert(
    fc.property(fc.string({ unit: "binary-ascii" }), (text) => {
      const taken = validateVariableValue(text) === undefined;
      expect(taken).toBe(text.trim() !== "" && !/[^\t\n\r\x20-\x7e]/.test(text));
    }),
  ));

test("a list says nothing twice: the second is told, where it stands and which is the first", () => {
  const list = uniqueList(
    validText(() => undefined),
    (text) => text.toLowerCase(),
  );
  expect(list.safeParse(["a", "b", "c"]).success).toBe(true);
  const { error } = list.safeParse(["a", "b", "A"]);
  expect(error?.issues.map(({ path, message }) => [path, message])).toEqual([[[2], "is the same as [0]"]]);
});

test("of a choice the one form is told that the value has the shape of", () => {
  const issue = (code: "invalid_type" | "custom", path: string[]) => ({ code, path, message: "m" }) as never;
  expect(fitting([[issue("invalid_type", [])], [issue("custom", ["a"])]])).toEqual([issue("custom", ["a"])]);
  expect(fitting([[issue("custom", [])], [issue("custom", ["a"])]])).toBeUndefined();
  expect(suggestedValue(issue("custom", []))).toBeUndefined();
});
