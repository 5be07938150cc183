import { describe, expect, test } from "vitest";
import type { UpstreamConnection } from "../upstream/connection.ts";
import type { Exchange } from "./exchange.ts";
import { Sending } from "./sending.ts";

/** A chunked upload on its way. @param takes whether the upstream takes more. */
function upload({ takes = true } = {}) {
  const seen = { written: "", blocked: [] as boolean[], pauses: 0, resumes: 0, slices: 0 };
  const upstream = {
    cork() {},
    uncork() {},
    write(bytes: string | Buffer) {
      seen.written += bytes.toString("latin1");
      return takes;
    },
  };
  const reading = {
    block: () => seen.pauses++,
    unblock: () => seen.resumes++,
    slice: () => seen.slices++,
  };
  const client = { socket: {}, reading };
  const exchange = {
    bytesIn: 0,
    connection: client,
    head: { hasBody: true, transferEncoding: "chunked" },
    request: { complete: false, sendBodyTo() {} },
  };
  const sending = new Sending(
    exchange as unknown as Exchange,
    { socket: upstream } as unknown as UpstreamConnection,
    "head;",
    1e9,
    { onBodyProgress: (blocked) => seen.blocked.push(blocked), onBodyRefused() {}, onRequestSent() {} },
  );
  return { sending, seen };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("pieces of a chunked body", () => {
  test("that come in one turn go on as one chunk, with the head", async () => {
    const { sending, seen } = upload();
    for (const piece of ["one", "two", "three"]) expect(sending.onRequestBody(Buffer.from(piece))).toBe(true);
    expect(seen.written).toBe("");
    await turn();
    expect(seen.written).toBe("head;b\r\nonetwothree\r\n");
    sending.onRequestBody(Buffer.from("four"));
    sending.onRequestEnd();
    expect(seen.written).toBe("head;b\r\nonetwothree\r\n4\r\nfour\r\n0\r\n\r\n");
  });

  test("go on before the turn's end once there are enough of them (bounded memory)", () => {
    const { sending, seen } = upload();
    const piece = Buffer.alloc(5_000, "x");
    for (let i = 0; i < 3; i++) sending.onRequestBody(piece);
    expect(seen.written).toBe("");
    sending.onRequestBody(piece);
    expect(seen.written).toBe(`head;4e20\r\n${"x".repeat(20_000)}\r\n`);
  });

  test("that were gathered stop the client when the upstream takes no more, until it does", async () => {
    const { sending, seen } = upload({ takes: false });
    expect(sending.onRequestBody(Buffer.from("one"))).toBe(true);
    expect([seen.pauses, sending.blocked]).toEqual([0, false]);
    await turn();
    expect([seen.pauses, sending.blocked]).toEqual([1, true]);
    sending.onUpstreamDrain();
    expect([seen.resumes, sending.blocked]).toEqual([1, false]);
  });
});
