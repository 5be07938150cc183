import { expect, test } from "vitest";
import { escapeExpansion } from "./expansion.ts";

/**
 * The kubelet's reading, byte by byte as it is written there.
 * Source: Kubernetes 1.34, third_party/forked/golang/expansion/expand.go.
 */
function expand(text: string, known: Readonly<Record<string, string>>): string {
  const input = Buffer.from(text);
  const out: Buffer[] = [];
  for (let at = 0; at < input.length; at++) {
    const next = input[at + 1];
    if (input[at] !== 36 || next === undefined) {
      out.push(input.subarray(at, at + 1));
      continue;
    }
    const end = next === 40 ? input.indexOf(41, at + 2) : -1;
    if (end >= 0) {
      const name = input.subarray(at + 2, end).toString();
      out.push(Buffer.from(known[name] ?? `$(${name})`));
      at = end;
      continue;
    }
    // A byte alone becomes the character of that number.
    out.push(Buffer.from(next === 36 ? "$" : next === 40 ? "$(" : `$${String.fromCodePoint(next)}`));
    at++;
  }
  return Buffer.concat(out).toString();
}

const texts = [
  "plain",
  "a$b ${X} $",
  "$(HOME)",
  "a$$b",
  "$$$",
  "$$(HOME)$(HOME)",
  "5 $é $€",
  "$(HOME",
  "$( HOME)",
  'test "$(redis-cli ping)" = PONG; echo $$',
  "p$(A)$(B)$",
  "$()",
];

test.each(texts)("the kubelet gives %j to the container as it was written", (text) => {
  expect(expand(escapeExpansion(text), { HOME: "/root", A: "1", B: "2", "": "x" })).toBe(text);
});

test("what it would leave alone stays as it is, so that nothing is started anew for it", () => {
  for (const text of ["a$b ${X} $", "$(redis-cli ping)", "$(HOME"]) expect(escapeExpansion(text)).toBe(text);
  // The texts of this test are some that it would change.
  expect(texts.filter((text) => expand(text, { HOME: "/root", A: "1", B: "2", "": "x" }) !== text)).toEqual(
    texts.filter((text) => escapeExpansion(text) !== text),
  );
});
