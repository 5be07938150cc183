import { describe, expect, test } from "vitest";
import { type HeadRead, HeadText } from "./head-text.ts";

const head = "HTTP/1.1 200 OK\r\nA: b\r\n\r\n";
const lines = head.slice(0, -2);

/** Reads pieces one after the other, each from the middle of a buffer that holds other bytes around it. */
function read(head: HeadText, ...pieces: readonly string[]): { last: HeadRead; rest: string } {
  let last: HeadRead = "unfinished";
  let rest = "";
  for (const piece of pieces) {
    const buffer = Buffer.from(`\r\n\r\n${piece}\r\n\r\n\n\n`, "latin1");
    last = head.read(buffer, 4, 4 + piece.length);
    if (last === "unfinished") continue;
    if (last === "bad") break;
    rest = buffer.toString("latin1", last.next, 4 + piece.length);
    break;
  }
  return { last, rest };
}

describe("a response head", () => {
  test("comes in one piece, with the beginning of the body", () => {
    expect(read(new HeadText(), `${head}body`)).toMatchObject({ last: { text: lines }, rest: "body" });
  });

  test.each(Array.from({ length: head.length - 1 }, (_, i) => i + 1))("comes in two, cut at %i", (at) => {
    const { last, rest } = read(new HeadText(), head.slice(0, at), `${head.slice(at)}body`);
    expect(last).toMatchObject({ text: lines });
    expect(rest).toBe("body");
  });

  test("comes byte by byte", () => {
    expect(read(new HeadText(), ...head)).toMatchObject({ last: { text: lines }, rest: "" });
  });

  test("is followed by another, whole or in pieces", () => {
    const text = new HeadText();
    for (let i = 0; i < 2; i++) {
      expect(read(text, head)).toMatchObject({ last: { text: lines } });
      expect(read(text, head.slice(0, 9), head.slice(9))).toMatchObject({ last: { text: lines } });
    }
  });

  test("what lies in the buffer beyond the read is no part of it", () => {
    const buffer = Buffer.from(head, "latin1");
    const text = new HeadText();
    expect(text.read(buffer, 0, head.length - 2)).toBe("unfinished");
    expect(text.read(buffer, head.length - 2, head.length)).toMatchObject({ text: lines });
  });

  test("bytes above ASCII are latin1", () => {
    expect(read(new HeadText(), "HTTP/1.1 200 \xe9\r\n\r\n")).toMatchObject({
      last: { text: "HTTP/1.1 200 \xe9\r\n" },
    });
  });
});

describe("what is none is not waited for", () => {
  test.each([
    ["another protocol", "SSH-2.0-x\r\n"],
    ["HTTP/2", "HTTP/2 200\r\n"],
    ["an empty line", "\r\n"],
    ["a bare LF", "HTTP/1.1 200 OK\n\n"],
    ["a bare LF at the beginning", "\nHTTP/1.1"],
    ["a bare LF between lines", "HTTP/1.1 200 OK\r\nA: b\nC: d"],
  ])("%s", (_name, text) => {
    expect(read(new HeadText(), text).last).toBe("bad");
    expect(read(new HeadText(), ...text).last).toBe("bad");
  });

  test.each(["H", "HTTP/1.", "HTTP/1.1 200 OK\r", "HTTP/1.1 200 OK\r\nA"])("%j may become one", (text) => {
    expect(read(new HeadText(), text).last).toBe("unfinished");
  });
});

describe("64 KiB are enough", () => {
  const long = (length: number) => `HTTP/1.1 200 OK\r\nA: ${"x".repeat(length - 24)}\r\n\r\n`;

  test("for one that is as long", () => {
    expect(read(new HeadText(), long(65_536)).last).toMatchObject({ text: long(65_536).slice(0, -2) });
    const text = long(65_000);
    expect(read(new HeadText(), text.slice(0, 30_000), text.slice(30_000)).last).toMatchObject({
      text: text.slice(0, -2),
    });
  });

  test("longer ones are none", () => {
    expect(read(new HeadText(), long(65_600)).last).toBe("bad");
    const text = long(70_000);
    expect(
      read(new HeadText(), text.slice(0, 30_000), text.slice(30_000, 60_000), text.slice(60_000)).last,
    ).toBe("bad");
  });

  test("also those without an end", () => {
    const pieces = Array.from({ length: 7 }, (_, i) =>
      i === 0 ? "HTTP/1.1 200 OK\r\n" : `A: ${"x".repeat(10_990)}\r\n`,
    );
    expect(read(new HeadText(), ...pieces).last).toBe("bad");
  });
});
