import { expect, test } from "vitest";
import { asLine, masked } from "./masked.ts";

test.each([
  [
    "a known secret, wherever it stands",
    "logged in as admin/short9 at mongo",
    ["short9"],
    "logged in as admin/… at mongo",
  ],
  ["the longer of two that begin alike", "abcdef", ["abcd", "abcdef"], "…"],
  ["a password that is named", "PASSWORD=hunter2 port=5432", [], "PASSWORD=… port=5432"],
  ["a token in JSON", '{"token": "abc", "user": "eve"}', [], '{"token": "…", "user": "eve"}'],
  ["a bearer", "Authorization: Bearer abc.def", [], "Authorization: Bearer …"],
  ["what looks generated", "key 0f8fad5bd9cb469fa16570867728950e loaded", [], "key … loaded"],
  [
    "a JSON web token",
    "got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    [],
    "got …",
  ],
])("%s is not shown", (_what, line, secrets: string[], expected) => {
  expect(masked(line, secrets)).toBe(expected);
});

test("what people say stays", () => {
  const line =
    "2026-11-28 12:00:01.123 UTC [1] LOG:  database system is ready to accept connections on port 5432";
  expect(masked(line, ["", "a"])).toBe(line);
});

test("nothing in a log gives a terminal orders", () => {
  expect(asLine("\x1b[2J\x1b]0;title\x07\x1b[31mred\x1b[0m\r\nnext\tcolumn\x00\u202e")).toBe(
    "red next column",
  );
});
