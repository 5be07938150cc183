import { EventEmitter } from "node:events";
import { beforeEach, expect, test, vi } from "vitest";
import type { ClientSocket } from "../node/parser.ts";
import type { Exchange } from "../proxy/exchange.ts";
import { ClientConnection } from "./connection.ts";
import type { ConnectionHost, Turn } from "./turn.ts";

/** A socket that says how much of what was written its client has taken. */
class Socket extends EventEmitter {
  writableLength = 0;
  writableFinished = false;
  writableNeedDrain = false;
  destroyed = false;
  readonly _handle = { writeQueueSize: 0 };
  push(): void {}
  resume(): void {}
  end(): void {}
  destroy(): void {
    this.destroyed = true;
  }
}

const sendTimeout = 1_000;
let socket: Socket;
let client: ClientConnection;
let begun: Turn[];
/** Answers a turn at once, as the gateway's own answers are. */
let answers: boolean;
/** Milliseconds that it takes. */
let cost: number;
beforeEach(() => {
  cost = 0;
  begun = [];
  answers = true;
  socket = new Socket();
  const limits = { clientIdle: 5_000, sendTimeout, linger: 100, lingerMax: 200, headersTimeout: 300 };
  const begin = (one: ClientConnection, turn: Turn) => {
    begun.push(turn);
    one.current = { start: 0 } as Exchange;
    if (answers) one.next(cost);
  };
  const host: ConnectionHost = { limits, now: 0, begin, onTooMany() {}, onClosed: vi.fn() };
  client = new ClientConnection(socket as unknown as ClientSocket, host, () => false);
  // One write, of which Node counts the whole until all of it is taken.
  socket.writableLength = 100;
  socket._handle.writeQueueSize = 90;
});

test.each([
  ["its last answer", "asked", () => client.end("asked")],
  ["an answer", "send_timeout", () => client.next(0)],
])(
  "a client that takes a little of %s again and again is not closed; one that takes nothing is",
  (_what, reason, over) => {
    over();
    for (let times = 1; times <= 3; times++) {
      socket._handle.writeQueueSize -= 20;
      client.sweep(times * sendTimeout);
      expect([times, socket.destroyed]).toEqual([times, false]);
    }
    client.sweep(4 * sendTimeout - 1);
    expect(socket.destroyed).toBe(false);
    client.sweep(4 * sendTimeout);
    expect([socket.destroyed, client.closeReason]).toEqual([true, reason]);
  },
);

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("what one read brings is answered a few at a time, and is not idle between", async () => {
  socket.writableLength = 0;
  for (let i = 0; i < 10; i++) client.take({});
  expect([begun.length, client.idle, client.busy]).toEqual([4, false, true]);
  await turn();
  expect(begun).toHaveLength(8);
  await turn();
  expect([begun.length, client.idle]).toEqual([10, true]);
});

test("one answer that takes long is enough for a turn of the loop", async () => {
  socket.writableLength = 0;
  cost = 1;
  for (let i = 0; i < 3; i++) client.take({});
  expect(begun).toHaveLength(1);
  await turn();
  expect(begun).toHaveLength(2);
});

test("requests that wait for an upstream are begun as soon as the one before is answered", async () => {
  socket.writableLength = 0;
  answers = false;
  for (let i = 0; i < 10; i++) client.take({});
  for (let i = 1; i <= 10; i++) {
    expect(begun).toHaveLength(i);
    client.next(0);
  }
});

test("the time without a request begins when the last one was answered", () => {
  socket.writableLength = 0;
  client.take({});
  const later = 4_000;
  answers = false;
  client.take({});
  client.next(later);
  client.sweep(later + 4_999);
  expect(socket.destroyed).toBe(false);
  client.sweep(later + 5_000);
  expect([socket.destroyed, client.closeReason]).toEqual([true, "idle"]);
});

test("large heads that wait stop the parser sooner, and let it go on once they are begun", () => {
  socket.writableLength = 0;
  answers = false;
  const large = { request: { url: "/".repeat(12_000), rawHeaders: ["x".repeat(1_000)] } } as unknown as Turn;
  client.take(large);
  for (let i = 0; i < 2; i++) client.take(large);
  expect(client.full).toBe(false);
  client.take(large);
  expect(client.full).toBe(true);
  client.next(0);
  expect(client.full).toBe(false);
  client.next(0);
  client.take(large);
  expect(client.full).toBe(false);
});
