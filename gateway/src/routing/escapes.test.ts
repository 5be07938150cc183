import { expect, test } from "vitest";
import { decodeBytes, overlong, validUtf8 } from "./escapes.ts";

test.each([
  ["capitals or not", "%2F%2f%C3%c3", "//\xc3\xc3"],
  ["what is no escape stands for itself", "%zz%2%", "%zz%2%"],
  ["bytes above ASCII", "\xe9%e9", "\xe9\xe9"],
  ["once, not twice", "%252e", "%2e"],
])("escapes are undone byte by byte: %s", (_what, text, bytes) => expect(decodeBytes(text)).toBe(bytes));

test.each([
  "\xc0\xae",
  "\xc1\xa1",
  "\xe0\x80\xae",
  "\xe0\x9f\xbf",
  "\xf0\x80\x80\xae",
  "\xf0\x8f\xbf\xbf",
  "\xf8\x80\x80\x81\xa1",
])("%j is overlong", (bytes) => expect(overlong.test(bytes)).toBe(true));
test.each(["\xc3\xa9", "\xe0\xa0\x80", "\xf0\x90\x80\x80", "\xe9", "\xff"])("%j is not", (bytes) =>
  expect(overlong.test(bytes)).toBe(false),
);

test("bytes that are no UTF-8 are left out", () => expect(validUtf8(".\xff.\xc3\xa9")).toBe("..\xe9"));
