import { EventEmitter } from "node:events";
import { beforeEach, expect, test, vi } from "vitest";
import type { ClientSocket } from "../node/parser.ts";
import { ClientConnection } from "./connection.ts";
import type { ConnectionHost } from "./turn.ts";

/** A socket that says how much of what was written its client has taken. */
class Socket extends EventEmitter {
  writableLength = 0;
  writableFinished = false;
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
beforeEach(() => {
  socket = new Socket();
  const limits = { clientIdle: 5_000, sendTimeout, linger: 100, lingerMax: 200 };
  const host: ConnectionHost = { limits, now: 0, begin() {}, onTooMany() {}, onClosed: vi.fn() };
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
