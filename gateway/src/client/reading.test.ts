import { EventEmitter } from "node:events";
import { beforeEach, expect, test } from "vitest";
import { type ClientSocket, stopParsing } from "../node/parser.ts";
import { Reading } from "./reading.ts";
import type { ClientState } from "./turn.ts";

/** A socket that says what was asked of it. */
class Socket extends EventEmitter {
  readonly calls: string[] = [];
  pause(): void {
    this.calls.push("pause");
  }
  resume(): void {
    this.calls.push("resume");
  }
  unshift(bytes: Buffer): void {
    this.calls.push(`unshift ${bytes}`);
  }
  push(): void {
    this.calls.push("push");
  }
}

let socket: Socket;
let of: { readonly socket: ClientSocket; state: ClientState };
let reading: Reading;
beforeEach(() => {
  socket = new Socket();
  of = { socket: socket as unknown as ClientSocket, state: "open" };
  reading = new Reading(of);
});
/** What was asked since the last look. */
const calls = () => socket.calls.splice(0);
const turn = () => new Promise((resolve) => setImmediate(resolve));
const bytes = Buffer.from("abcdef");

test("a parser that stopped gets what it left once it goes on, and nothing before", () => {
  reading.hold({ rawPacket: bytes, bytesParsed: 2 });
  expect(calls()).toEqual(["pause", "unshift cdef", "push"]);
  reading.unblock();
  expect(calls()).toEqual([]);
  reading.goOn();
  expect(calls()).toEqual(["resume"]);
});

test("a parser that was fed while it is held has taken nothing of that", () => {
  reading.hold({ rawPacket: bytes, bytesParsed: 2 });
  calls();
  reading.hold({ rawPacket: bytes, bytesParsed: 2 });
  expect(calls()).toEqual(["pause", "unshift abcdef"]);
});

test("a body that nobody takes is not read on, but by whoever takes it or once its turn is over", () => {
  reading.block();
  expect(calls()).toEqual(["pause"]);
  reading.unblock();
  expect(calls()).toEqual(["resume"]);
  reading.onTurnOver();
  expect(calls()).toEqual([]);
  reading.block();
  reading.onTurnOver();
  expect(calls()).toEqual(["pause", "resume"]);
});

test("what comes in tiny pieces is parsed a little in each turn, unless its upstream takes no more", async () => {
  const fed: string[] = [];
  socket.on("data", (chunk: Buffer) => fed.push(String(chunk.length)));
  reading.slice();
  reading.slice();
  expect(calls()).toEqual(["pause"]);
  await turn();
  expect(calls()).toEqual(["push", "resume"]);
  socket.emit("data", Buffer.alloc(5_000, "x"));
  expect(fed).toEqual(["4096"]);
  expect(calls()).toEqual(["pause", `unshift ${"x".repeat(904)}`, "pause"]);
  await turn();
  expect(calls()).toEqual(["resume"]);
  reading.block();
  calls();
  socket.emit("data", Buffer.alloc(10));
  await turn();
  expect(calls()).toEqual(["pause", "pause"]);
  reading.unblock();
  expect(calls()).toEqual(["resume"]);
});

test("nothing is read while the client takes nothing, or a body waits its turn, whatever else ends", () => {
  reading.onUntaken();
  reading.early = true;
  reading.block();
  calls();
  reading.unblock();
  reading.onTaken();
  expect([calls(), reading.stopped]).toEqual([[], true]);
  reading.early = false;
  expect([calls(), reading.stopped]).toEqual([["resume"], false]);
  reading.onTaken();
  expect(calls()).toEqual([]);
});

test("a connection that is closed meanwhile is left alone", async () => {
  reading.slice();
  of.state = "flushing";
  calls();
  await turn();
  expect(calls()).toEqual([]);
});

test.each([
  ["its client takes nothing", () => reading.onUntaken()],
  [
    "a body waits its turn",
    () => {
      reading.early = true;
    },
  ],
  ["its next slice waits for the next turn", () => reading.slice()],
])("nothing is read while %s, though an upload's upstream takes more", (_what, stop) => {
  stop();
  reading.block();
  calls();
  reading.unblock();
  expect([calls(), reading.stopped]).toEqual([[], true]);
});

test("a connection that ends within a slice is read over at once, and nothing stops that", async () => {
  socket.on("data", () => {
    of.state = "flushing";
    stopParsing(of.socket);
  });
  reading.slice();
  await turn();
  calls();
  socket.emit("data", Buffer.alloc(10));
  expect(calls()).toEqual(["pause", "push", "resume"]);
  reading.block();
  expect(reading.stopped).toBe(false);
  await turn();
  expect(calls()).toEqual(["pause"]);
});

test("nothing more is read of a connection that is refusing", () => {
  of.state = "refusing";
  expect(reading.stopped).toBe(true);
});
