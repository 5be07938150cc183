import { describe, expect, test } from "vitest";
import { type Refusal, refusals } from "../message/refusals.ts";
import type { UpstreamConnection } from "../upstream/connection.ts";
import type { Exchange } from "./exchange.ts";
import { Sending } from "./sending.ts";

/** A request that is sent, chunked unless it says its `length`. @param takes whether the upstream takes more. */
function upload({ takes = true, length = -1, most = 1e9, http10 = false, expects = false } = {}) {
  const seen = {
    written: "",
    told: "",
    blocked: [] as boolean[],
    refused: [] as Refusal[],
    sent: 0,
    pauses: 0,
    resumes: 0,
    slices: 0,
  };
  const upstream = {
    cork() {},
    uncork() {},
    write(bytes: string | Buffer, encoding?: BufferEncoding) {
      seen.written += (typeof bytes === "string" ? Buffer.from(bytes, encoding) : bytes).toString("latin1");
      return takes;
    },
  };
  const reading = {
    block: () => seen.pauses++,
    unblock: () => seen.resumes++,
    slice: () => seen.slices++,
  };
  const socket = {
    write(text: string) {
      seen.told += text;
    },
  };
  const exchange = {
    bytesIn: 0,
    connection: { socket, reading },
    head: {
      hasBody: length !== 0,
      transferEncoding: length < 0 ? "chunked" : undefined,
      expect: expects ? "100-continue" : undefined,
    },
    http10,
    request: { complete: false, sendBodyTo() {} },
  };
  const sending = new Sending(
    exchange as unknown as Exchange,
    { socket: upstream } as unknown as UpstreamConnection,
    "head\xe9;",
    most,
    {
      onBodyProgress: (blocked) => seen.blocked.push(blocked),
      onBodyRefused: (refusal) => seen.refused.push(refusal),
      onRequestSent: () => seen.sent++,
    },
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
    expect(seen.written).toBe("head\xe9;b\r\nonetwothree\r\n");
    sending.onRequestBody(Buffer.from("four"));
    await turn();
    expect(seen.written).toBe("head\xe9;b\r\nonetwothree\r\n4\r\nfour\r\n");
    sending.onRequestBody(Buffer.from("five"));
    sending.onRequestEnd();
    expect(seen.written).toBe("head\xe9;b\r\nonetwothree\r\n4\r\nfour\r\n4\r\nfive\r\n0\r\n\r\n");
  });

  test("go on before the turn's end once there are enough of them (bounded memory)", () => {
    const { sending, seen } = upload();
    const piece = Buffer.alloc(5_000, "x");
    for (let i = 0; i < 3; i++) sending.onRequestBody(piece);
    expect(seen.written).toBe("");
    sending.onRequestBody(piece);
    expect(seen.written).toBe(`head\xe9;4e20\r\n${"x".repeat(20_000)}\r\n`);
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

describe("the head", () => {
  test("of a request without a body is sent at once, as latin1", () => {
    const { seen } = upload({ length: 0 });
    expect(seen.written).toBe("head\xe9;");
  });

  test.each([
    ["whose length is known", 5],
    ["without a length", -1],
  ])("of a body %s does not wait for a client that sends none of it", async (_what, length) => {
    const { seen } = upload({ length });
    expect(seen.written).toBe("");
    await turn();
    expect(seen.written).toBe("head\xe9;");
  });
});

describe("a body whose length is known", () => {
  const bytes = Buffer.from([0x68, 0xe9, 0xff, 0x00, 0x80]);

  test("begins in one write with the head, and goes on byte for byte", async () => {
    const { sending, seen } = upload({ length: 10 });
    sending.onRequestBody(bytes);
    expect(seen.written).toBe("head\xe9;h\xe9\xff\x00\x80");
    await turn();
    sending.onRequestBody(bytes);
    sending.onRequestEnd();
    expect(seen.written).toBe(`head\xe9;${"h\xe9\xff\x00\x80".repeat(2)}`);
    expect(seen.sent).toBe(1);
  });

  test("is written as it lies where its first piece is large", () => {
    const { sending, seen } = upload({ length: 10_000 });
    sending.onRequestBody(Buffer.alloc(10_000, 0xe9));
    expect(seen.written).toBe(`head\xe9;${"\xe9".repeat(10_000)}`);
  });

  test("waits for an upstream that takes no more, and goes on once it does", () => {
    const { sending, seen } = upload({ length: 10, takes: false });
    expect(sending.onRequestBody(bytes)).toBe(false);
    expect([sending.blocked, seen.blocked]).toEqual([true, [true]]);
    sending.onUpstreamDrain();
    expect([sending.blocked, seen.resumes]).toEqual([false, 1]);
    sending.onUpstreamDrain();
    expect(seen.resumes).toBe(1);
  });
});

describe("a body without a length", () => {
  test("may be as long as is taken, and no byte longer", () => {
    const { sending, seen } = upload({ most: 6 });
    sending.onRequestBody(Buffer.from("six by"));
    expect(seen.refused).toEqual([]);
    sending.onRequestBody(Buffer.from("t"));
    expect(seen.refused).toEqual([refusals.bodyTooLarge]);
    sending.onRequestEnd();
    expect([seen.sent, seen.written]).toEqual([0, ""]);
  });

  test("that turned out to be empty goes on as an empty one, with the head", () => {
    const { sending, seen } = upload();
    sending.onRequestEnd();
    expect([seen.written, seen.sent]).toEqual(["head\xe9;0\r\n\r\n", 1]);
  });
});

test.each([
  ["HTTP/1.1 is", false, "HTTP/1.1 100 Continue\r\n\r\n"],
  ["HTTP/1.0, which knows no interim answers, is not", true, ""],
])("a client of %s told to go on when it asks for that", (_what, http10, told) => {
  expect(upload({ http10, expects: true }).seen.told).toBe(told);
  expect(upload({ http10 }).seen.told).toBe("");
});
