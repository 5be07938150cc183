import { describe, expect, test } from "vitest";
import { ChunkedDecoder } from "./chunked.ts";

/** What a decoder makes of a body that comes in pieces; `-1` when it is not valid. */
function decode(...pieces: readonly string[]): { body: string; rest: string; done: boolean } | -1 {
  const decoder = new ChunkedDecoder();
  let body = "";
  let rest = "";
  for (const piece of pieces) {
    const bytes = Buffer.from(piece, "latin1");
    const end = decoder.read(bytes, 0, bytes.length, {
      onBody: (buffer, from, to) => {
        body += buffer.toString("latin1", from, to);
      },
    });
    if (end < 0) return -1;
    rest += piece.slice(end);
  }
  return { body, rest, done: decoder.done };
}

describe("a chunked body", () => {
  test.each([
    ["one chunk", "3\r\nabc\r\n0\r\n\r\n", "abc", ""],
    [
      "several, sizes in any case, zeros in front",
      "a\r\n0123456789\r\n00B\r\n0123456789a\r\n0\r\n\r\n",
      "01234567890123456789a",
      "",
    ],
    ["extensions and blanks", '1 ;a="b"\r\nx\r\n0\t\r\n\r\n', "x", ""],
    ["trailers", "1\r\nx\r\n0\r\nA: b\r\nC: d\r\n\r\n", "x", ""],
    ["what follows is another's", "1\r\nx\r\n0\r\n\r\nHTTP/1.1", "x", "HTTP/1.1"],
    ["data that looks like an end", "5\r\n0\r\n\r\n\r\n0\r\n\r\n", "0\r\n\r\n", ""],
  ])("is whole: %s", (_name, text, body, rest) => {
    expect(decode(text)).toEqual({ body, rest, done: true });
    if (rest === "") expect(decode(...text)).toEqual({ body, rest, done: true });
  });

  test.each(["", "3", "3\r\nab", "3\r\nabc", "3\r\nabc\r\n", "0", "0\r\n", "0\r\n\r", "0\r\nA: b\r\n"])(
    "goes on after %j",
    (text) => expect(decode(text)).toMatchObject({ done: false }),
  );

  test.each([
    ["no size", "\r\nx"],
    ["a sign", "+1\r\nx"],
    ["a prefix", "0x1\r\nx"],
    ["a blank in front", " 1\r\nx"],
    ["a word after the size", "1 x\r\n"],
    ["junk after the size", "1,\r\n"],
    ["other digits", "g\r\n"],
    ["a bare LF", "1\nx"],
    ["no LF", "1\rx"],
    ["data that is longer", "1\r\nxy"],
    ["no LF after data", "1\r\nx\rx"],
    ["thirteen digits", "0000000000001\r\nx"],
    ["a control character in an extension", "1;a\x01\r\n"],
    ["a bare LF in an extension", "1;a\n"],
    ["DEL in a trailer", "0\r\na\x7f\r\n\r\n"],
    ["no LF after a trailer", "0\r\na\rb"],
    ["no LF at the end", "0\r\n\rx"],
  ])("is not valid: %s", (_name, text) => expect(decode(text)).toBe(-1));

  test.each([
    ["an extension", `1;${"x".repeat(17_000)}`],
    ["blanks", `1${" ".repeat(17_000)}`],
    ["many extensions", `1;${"x".repeat(1_000)}\r\nx\r\n`.repeat(17)],
    ["a trailer", `0\r\n${"x".repeat(17_000)}`],
    ["many trailers", `0\r\n${`${"x".repeat(1_000)}\r\n`.repeat(17)}`],
  ])("is not valid when what is read over goes on for ever: %s", (_name, text) =>
    expect(decode(text)).toBe(-1),
  );
});
