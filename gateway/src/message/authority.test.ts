import { describe, expect, test } from "vitest";
import { isAuthority, requestOrigin } from "./authority.ts";

const sound = [
  "gw",
  "gw:9000",
  "gw:",
  "gw:0",
  "gw:65535",
  "gw:00080",
  "A.Example.org",
  "example.org.",
  "core_service:80",
  "xn--bcher-kva.example",
  "127.0.0.1",
  "127.0.0.1:80",
  "[::1]",
  "[::1]:9000",
  "[2001:db8::ffff:10.0.0.1]",
  "a".repeat(63),
];
const unsound = [
  "",
  ":80",
  "a:b",
  "a:b:c",
  "a:1:2",
  "gw:65536",
  "gw:999999",
  "gw:-1",
  "gw:+1",
  "gw: 80",
  "[[[",
  "[]",
  "[::1",
  "::1",
  "[::1]x",
  "[::1]]",
  "[::g]",
  "[1:2]",
  "[127.0.0.1]",
  "[fe80::1%eth0]",
  "[fe80::1%25eth0]",
  "[v1.x]",
  "user@gw",
  "user:secret@gw",
  "a b",
  "a/b",
  "a\\b",
  "a;b=c,d",
  "a,b",
  "%0d%0aX-Evil:1",
  "%61",
  "a..b",
  ".a",
  ".",
  "a\xe9",
  "a\n",
  'a"b',
  "a".repeat(64),
  `${"a.".repeat(127)}b`,
];

describe("an authority", () => {
  test.each(sound)("is %j", (text) => expect(isAuthority(text)).toBe(true));
  test.each(unsound)("is not %j", (text) => expect(isAuthority(text)).toBe(false));
});

describe("a request target", () => {
  test.each([
    ["/", "/", "h"],
    ["/a?b", "/a?b", "h"],
    // Refused by whoever routes: two slashes are no authority here.
    ["//evil/a", "//evil/a", "h"],
    ["*", "*", "h"],
    ["http://gw", "/", "gw"],
    ["http://gw:81/a?b", "/a?b", "gw:81"],
    ["HTTP://gw/a", "/a", "gw"],
    ["hTtP://[::1]:80?a/b", "/?a/b", "[::1]:80"],
    ["http://gw//a", "//a", "gw"],
    ["http://gw/http://other/", "/http://other/", "gw"],
    ["http://gw/a@b:c", "/a@b:c", "gw"],
  ])("%s asks for %s of %s", (url, target, host) =>
    expect(requestOrigin(url, "h")).toEqual({ target, host }),
  );

  test.each([
    "",
    "a",
    "gw:80",
    "**",
    "*/a",
    "?a",
    "http:/gw/a",
    "http:gw",
    "http:///a",
    "http://",
    "http://?a",
    "http://gw#a",
    "http://#",
    "https://gw/a",
    "ftp://gw/a",
    "ws://gw/a",
    " http://gw/a",
  ])("%j is none", (url) => expect(requestOrigin(url, "h")).toBeUndefined());

  test("has no authority that Host could not have", () => {
    for (const text of unsound) {
      // What ends an authority makes another one of these.
      if (/^[^/?#]+$/.test(text)) expect(requestOrigin(`http://${text}/a`, "h"), text).toBeUndefined();
    }
    for (const text of sound) expect(requestOrigin(`http://${text}/a`, "h")?.host).toBe(text);
  });
});
