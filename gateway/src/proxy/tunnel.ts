import { createHash } from "node:crypto";
import type { Socket } from "node:net";
import { securityFields } from "../message/fields.ts";
import { type Problem, problemFor } from "../message/problem.ts";
import { Framing, framingOf, type ResponseHead } from "../message/response-head.ts";
import { repairLocation } from "../routing/router.ts";
import {
  pauseReading,
  type RawReader,
  type ReadOutcome,
  type UpstreamConnection,
} from "../upstream/connection.ts";
import type { PoolUser } from "../upstream/pool.ts";
import type { Deadlines, Timed } from "./deadlines.ts";
import { bareRefusal } from "./request-facts.ts";
import type { RouteState } from "./route-state.ts";

/** From RFC 6455 1.3. */
const websocketGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** One WebSocket handshake. */
export interface Handshake {
  readonly socket: Socket;
  /** The handshake's own head for the upstream. */
  readonly requestHead: string;
  readonly key: string;
  readonly id: string;
  readonly host: string;
  /** The client's address. */
  readonly client: string;
  /** As the client sent it. */
  readonly target: string;
  readonly state: RouteState;
}

/** What a tunnel tells the gateway. */
export interface TunnelObserver {
  readonly deadlines: Deadlines;
  readonly idleTimeout: number;
  /** How long an open tunnel may go on once one side has ended, milliseconds. */
  readonly halfClosedTimeout: number;
  now(): number;
  /** The client got its status; called once. */
  onAnswered(tunnel: Tunnel): void;
  /** Both the handshake and the tunnel are over; called once. */
  onClosed(tunnel: Tunnel): void;
}

/**
 * A WebSocket handshake, and the tunnel that a valid 101 opens. Any other answer goes to the client as it is and the
 * connection ends, so that bytes after a refused handshake are never tunnelled (CVE-2026-2833).
 */
export class Tunnel implements PoolUser, RawReader, Timed {
  readonly method = "GET";
  readonly wantsUpgrade = true;
  /** Never: its connection is not used for another request. */
  readonly requestSent = false;
  deadline: number;
  earlier: Timed | undefined;
  later: Timed | undefined;
  /** `performance.now()` at its begin. */
  readonly start: number;
  /** From the client, after the handshake. */
  bytesIn = 0;
  /** To the client, the answer to the handshake included. */
  bytesOut = 0;
  /** What the client got; 499: it left before. */
  status = 499;
  /** Milliseconds until it was answered. */
  answeredMs = 0;
  /** Why the gateway refused the handshake itself. */
  outcome: string | undefined;
  readonly handshake: Handshake;
  readonly #observer: TunnelObserver;
  #early: Buffer;
  #connection: UpstreamConnection | undefined;
  #answered = false;
  #open = false;
  /** When a tunnel of which one side has ended must be over. */
  #lastMoment = Number.POSITIVE_INFINITY;
  #over = false;
  #chunked = false;
  #out = "";

  constructor(handshake: Handshake, early: Buffer, observer: TunnelObserver) {
    this.handshake = handshake;
    this.#early = early;
    this.#observer = observer;
    this.start = observer.now();
    this.deadline = observer.now() + handshake.state.connectTimeout;
    observer.deadlines.add(this);
    const { socket } = handshake;
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#onClientClosed());
    // Node's HTTP server allows half-open connections; before the 101 an end means that the client has left.
    socket.on("end", () => (this.#open ? this.#onClientEnd() : socket.destroy()));
    socket.on("data", (chunk) => this.#onClientData(chunk));
    socket.on("drain", () => this.#connection?.resume());
    handshake.state.pool.dedicated(this, observer.now());
  }

  onConnection(connection: UpstreamConnection): void {
    this.#connection = connection;
    connection.socket.write(this.handshake.requestHead, "latin1");
  }

  onConnect(): void {
    this.deadline = this.#observer.now() + this.handshake.state.responseTimeout;
  }

  onUpgrade(head: ResponseHead, rest: Buffer): void {
    const connection = this.#connection as UpstreamConnection;
    const accept = createHash("sha1")
      .update(this.handshake.key + websocketGuid)
      .digest("base64");
    if (head.webSocketAccept !== accept || head.upgrade?.toLowerCase() !== "websocket")
      return this.onFailure("ERR_BAD_RESPONSE");
    this.#open = true;
    this.#touch();
    connection.join(this);
    const { socket } = this.handshake;
    socket.setNoDelay(true);
    this.#write(
      `HTTP/1.1 101 ${head.reason}\r\n${head.kept}${head.cors}${head.vary === undefined ? "" : `Vary: ${head.vary}\r\n`}${this.#ownFields()}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    );
    this.#answer(101);
    if (rest.length > 0) socket.write(rest);
    this.bytesOut += rest.length;
    if (this.#early.length > 0) this.#onClientData(this.#early);
    this.#early = Buffer.alloc(0);
  }

  /** Not a 101: passed on like any other answer, and the connection ends with it. */
  onHead(head: ResponseHead): void {
    this.#answer(head.status);
    const framing = framingOf(head, "GET");
    this.#chunked = framing === Framing.chunked || framing === Framing.untilClose;
    const length = this.#chunked
      ? "Transfer-Encoding: chunked\r\n"
      : head.length >= 0 && head.status !== 204
        ? `Content-Length: ${head.length}\r\n`
        : "";
    const location =
      head.location === undefined
        ? ""
        : `Location: ${repairLocation(this.handshake.state.route, head.location, this.handshake.host)}\r\n`;
    this.#out = `HTTP/1.1 ${head.status} ${head.reason}\r\n${head.kept}${head.cors}${head.vary === undefined ? "" : `Vary: ${head.vary}\r\n`}${this.#ownFields()}${length}${location}Connection: close\r\n\r\n`;
  }

  onBody(buffer: Buffer, start: number, end: number): void {
    const text = buffer.toString("latin1", start, end);
    this.#out += this.#chunked ? `${text.length.toString(16)}\r\n${text}\r\n` : text;
  }

  afterRead(): ReadOutcome {
    if (this.#over || this.#open) return 0;
    this.#write(this.#out);
    this.#out = "";
    this.deadline = this.#observer.now() + this.handshake.state.responseTimeout;
    return this.handshake.socket.writableNeedDrain ? pauseReading : 0;
  }

  onEnd(): void {
    if (this.#chunked) this.#out += "0\r\n\r\n";
    this.#write(this.#out);
    this.#out = "";
    this.handshake.socket.end();
    this.deadline = this.#observer.now() + 2_000;
  }

  onInterim(): void {}

  onUpstreamDrain(): void {}

  onFailure(code: string): void {
    if (this.#over) return;
    if (this.#answered) return void this.handshake.socket.destroy();
    this.#connection?.destroy();
    this.refuse(problemFor(code));
  }

  /** Answers the handshake by ourselves and ends the connection. */
  refuse(problem: Problem): void {
    this.outcome = problem.reason;
    this.#answer(problem.status);
    this.#write(bareRefusal(problem, this.handshake.id));
    this.handshake.socket.end();
    this.deadline = this.#observer.now() + 2_000;
  }

  onDeadline(): void {
    if (this.#answered) {
      this.#connection?.destroy();
      this.handshake.socket.destroy();
    } else this.onFailure("ERR_RESPONSE_TIMEOUT");
  }

  /** Closes both ends at once. */
  destroy(): void {
    this.#connection?.destroy();
    this.handshake.socket.destroy();
  }

  // The open tunnel: bytes as they come, each side at the pace of the other.

  onData(buffer: Buffer, start: number, end: number): boolean {
    this.#touch();
    this.bytesOut += end - start;
    // The read buffer is shared by all tunnels.
    return this.handshake.socket.write(Buffer.from(buffer.subarray(start, end)));
  }

  onDrain(): void {
    this.handshake.socket.resume();
  }

  onFinish(): void {
    this.handshake.socket.end();
    this.#halfClose();
  }

  onClose(): void {
    this.handshake.socket.destroySoon();
  }

  #onClientData(chunk: Buffer): void {
    if (!this.#open) {
      // Frames before the 101: kept, but not without bound.
      this.#early = Buffer.concat([this.#early, chunk]);
      if (this.#early.length > 65_536) this.handshake.socket.pause();
      return;
    }
    this.#touch();
    this.bytesIn += chunk.length;
    const upstream = this.#connection?.socket;
    if (upstream?.writable === true && !upstream.write(chunk)) this.handshake.socket.pause();
    else if (this.handshake.socket.isPaused()) this.handshake.socket.resume();
  }

  #onClientEnd(): void {
    this.#connection?.socket.end();
    this.#halfClose();
  }

  #onClientClosed(): void {
    if (this.#over) return;
    this.#over = true;
    this.#observer.deadlines.remove(this);
    const upstream = this.#connection?.socket;
    if (this.#open && upstream?.writable === true && this.handshake.socket.readableEnded)
      upstream.destroySoon();
    else this.#connection?.destroy();
    if (!this.#answered) this.#answer(499);
    this.#observer.onClosed(this);
  }

  #answer(status: number): void {
    this.#answered = true;
    this.status = status;
    this.answeredMs = performance.now() - this.start;
    this.#observer.onAnswered(this);
  }

  #write(text: string): void {
    this.bytesOut += text.length;
    this.handshake.socket.write(text, "latin1");
  }

  /** One side has ended: the other gets a while to say the rest, however busy it is. */
  #halfClose(): void {
    this.#lastMoment = Math.min(this.#lastMoment, this.#observer.now() + this.#observer.halfClosedTimeout);
    this.#touch();
  }

  #touch(): void {
    this.deadline = Math.min(this.#observer.now() + this.#observer.idleTimeout, this.#lastMoment);
  }

  #ownFields(): string {
    return `${securityFields}X-Request-ID: ${this.handshake.id}\r\n`;
  }
}
