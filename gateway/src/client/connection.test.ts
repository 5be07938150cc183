import { EventEmitter } from "node:events";
import { beforeEach, expect, test, vi } from "vitest";
import type { ClientSocket } from "../node/parser.ts";
import type { Exchange } from "../proxy/exchange.ts";
import { ClientConnection } from "./connection.ts";
import type { ConnectionHost, ConnectionLimits, Turn } from "./turn.ts";

/** A socket that says how much of what was written its client has taken. */
class Socket extends EventEmitter {
  writableLength = 0;
  writableFinished = false;
  writableNeedDrain = false;
  destroyed = false;
  readableEnded = false;
  readonly _handle = { writeQueueSize: 0 };
  remoteAddress = "::ffff:192.0.2.1";
  push(): void {}
  pause(): void {}
  resume(): void {}
  end(): void {}
  destroy(): void {
    this.destroyed = true;
  }
}

const sendTimeout = 1_000;
let socket: Socket;
let client: ClientConnection;
let limits: { -readonly [name in keyof ConnectionLimits]: number };
let host: ConnectionHost & { now: number };
let begun: Turn[];
/** Answers a turn at once, as the gateway's own answers are. */
let answers: boolean;
/** Milliseconds that it takes. */
let cost: number;
beforeEach(() => {
  cost = 0;
  // Of this case alone: what an earlier one left for the next turn of the loop is its own.
  const turns: Turn[] = [];
  begun = turns;
  answers = true;
  socket = new Socket();
  limits = { clientIdle: 5_000, sendTimeout, linger: 100, lingerMax: 200, headersTimeout: 300 };
  const begin = (one: ClientConnection, turn: Turn) => {
    turns.push(turn);
    one.current = { start: 0 } as Exchange;
    if (answers) one.next(cost);
  };
  host = { limits, now: 0, begin, onTooMany() {}, onClosed: vi.fn() };
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

test("so it does where the client took the last answer late", () => {
  const later = 4_500;
  client.next(later);
  socket.writableLength = 0;
  client.sweep(later + sendTimeout);
  client.sweep(later + 4_999);
  expect(socket.destroyed).toBe(false);
  client.sweep(later + 5_000);
  expect([socket.destroyed, client.closeReason]).toEqual([true, "idle"]);
});

/** A connection whose last answer is sent. */
function lingers(): void {
  client.end("asked");
  socket.writableLength = 0;
  socket._handle.writeQueueSize = 0;
  socket.emit("finish");
}

test("a client that still sends after its last answer is read over for a while, and not for ever", () => {
  lingers();
  expect([client.state, client.done]).toEqual(["lingering", true]);
  for (host.now = 0; host.now < 200; host.now += 50) {
    client.sweep(host.now);
    expect([host.now, socket.destroyed]).toEqual([host.now, false]);
    socket.emit("data", Buffer.from("more"));
  }
  client.sweep(200);
  expect([socket.destroyed, client.closeReason]).toEqual([true, "asked"]);
});

test("a client that sends nothing after its last answer is let go sooner", () => {
  lingers();
  client.sweep(99);
  expect(socket.destroyed).toBe(false);
  client.sweep(100);
  expect([socket.destroyed, client.state]).toEqual([true, "closed"]);
});

test.each([
  ["is turned away lingers a second at most", true, 1_000],
  ["is not lingers as long as any", false, 4_000],
])("a connection that %s", (_what, away, most) => {
  limits.linger = 4_000;
  limits.lingerMax = 4_000;
  if (away) client.turnAway();
  lingers();
  client.sweep(most - 1);
  expect(socket.destroyed).toBe(false);
  client.sweep(most);
  expect(socket.destroyed).toBe(true);
});

test("the connection is over once its last answer is sent and the client has ended", () => {
  lingers();
  socket.emit("end");
  expect([socket.destroyed, client.state]).toEqual([true, "closed"]);
});

test("so it is where the client ended first", () => {
  socket.readableEnded = true;
  lingers();
  expect([socket.destroyed, client.state]).toEqual([true, "closed"]);
});

test("only a connection with nothing unsent and nothing under way may become a tunnel", () => {
  expect(client.idle).toBe(false);
  socket.writableLength = 0;
  expect(client.idle).toBe(true);
  answers = false;
  client.take({});
  expect(client.idle).toBe(false);
});

test("after a handshake nothing is a request, and the client's end is its tunnel's", () => {
  socket.writableLength = 0;
  answers = false;
  client.takeHandshake({});
  const onClientEnd = vi.fn();
  client.current = { onClientEnd } as unknown as Exchange;
  const discardBody = vi.fn();
  client.take({ request: { discardBody } } as unknown as Turn);
  expect([client.state, begun.length, discardBody.mock.calls.length]).toEqual(["tunnel", 1, 1]);
  socket.emit("end");
  expect(onClientEnd).toHaveBeenCalledTimes(1);
});

test("a second handshake ends the connection", () => {
  answers = false;
  client.takeHandshake({});
  client.takeHandshake({});
  expect([begun.length, socket.destroyed, client.closeReason]).toEqual([1, true, "refused"]);
});

test("an IPv4 client is one client, whatever the family of the socket that took it", () => {
  expect(client.address).toBe("192.0.2.1");
  const other = new Socket();
  other.remoteAddress = "2001:db8::ffff:1";
  const trusts = vi.fn(() => true);
  expect(new ClientConnection(other as unknown as ClientSocket, host, trusts).trusted).toBe(true);
  expect(trusts).toHaveBeenCalledExactlyOnceWith("2001:db8::ffff:1");
});

test("a client's reset is the end of its connection and of nothing else", () => {
  answers = false;
  client.takeHandshake({});
  const onClientGone = vi.fn();
  client.current = { onClientGone } as unknown as Exchange;
  // Node hears errors of a socket that it parses; after a handshake nobody else does, and an error unheard is a crash.
  socket.emit("error", new Error("ECONNRESET"));
  socket.emit("close");
  expect([onClientGone.mock.calls.length, client.state]).toEqual([1, "closed"]);
  expect(host.onClosed).toHaveBeenCalledExactlyOnceWith(client);
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

test("a costly answer holds up nothing but the turn of the loop that it was in", async () => {
  socket.writableLength = 0;
  cost = 1;
  client.take({});
  expect(begun).toHaveLength(1);
  await turn();
  client.take({});
  expect(begun).toHaveLength(2);
});

test("a request that waits for its turn of the loop is not idle, however long the last one is ago", () => {
  socket.writableLength = 0;
  cost = 1;
  client.take({});
  client.take({});
  expect(begun).toHaveLength(1);
  client.sweep(100_000);
  expect(socket.destroyed).toBe(false);
});
