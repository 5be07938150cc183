import { expect, test } from "vitest";
import { logOptions, type WrittenOptions } from "./options.ts";

const now = Date.parse("2026-11-28T16:00:00Z");

test("the last hundred lines of each are shown, and all of what is picked", () => {
  expect(logOptions({}, now).tail).toBe(100);
  for (const choice of [{ since: "1m" }, { grep: "x" }, { level: "warn" }, { request: "r" }])
    expect(logOptions(choice, now).tail).toBeUndefined();
  expect(logOptions({ grep: "x", tail: "7" }, now).tail).toBe(7);
  expect(logOptions({ tail: "0" }, now).tail).toBe(0);
  expect(logOptions({ tail: "all" }, now).tail).toBeUndefined();
});

test("a level may be told by any usual word for it", () => {
  expect(logOptions({ level: "WARNING" }, now).level).toBe("warn");
  expect(logOptions({ level: "critical" }, now).level).toBe("fatal");
});

test("all that is wrong is told at once", () => {
  const wrong = { since: "2d", grep: "a(b", level: "loud", request: "a b", tail: "few" };
  expect(() => logOptions(wrong, now)).toThrow(
    [
      "no log was read:",
      '  - --since: "2d" is neither a length of time nor a time with its zone',
      "    fix: --since 48h",
      '  - --grep: "a(b" is no regular expression (/a(b/: Unterminated group)',
      "    fix: for exactly this text: --grep 'a\\(b'",
      '  - --level: "loud" is no level',
      "    fix: --level warn, or another one of debug, info, warn, error, fatal",
      '  - --request: "a b" is no request\'s id: 1 to 200 letters, digits and . _ ~ : / + = -',
      "    fix: --request <the X-Request-ID of an answer>",
      '  - --tail: "few" is no whole number',
      "    fix: --tail 100, or all",
    ].join("\n"),
  );
});

test.each(["(", "[", "a{2,1}", "\\", "*", "(?<x>a)(?<x>b)", "x**"])(
  "the pattern that is offered instead of %s finds that text",
  (text) => {
    const fix = (wrong: WrittenOptions) => {
      try {
        logOptions(wrong, now);
      } catch (error) {
        return /--grep '(.*)'$/m.exec((error as Error).message)?.[1];
      }
      return undefined;
    };
    expect(logOptions({ grep: fix({ grep: text }) ?? "" }, now).grep?.test(`x${text}y`)).toBe(true);
    expect(logOptions({ grep: fix({ grep: text }) ?? "" }, now).grep?.test("x")).toBe(false);
  },
);
