import { createHash } from "node:crypto";
import type { Refusal } from "../message/refusals.ts";
import type { ResponseHead } from "../message/response-head.ts";
import { responseHead } from "../message/response-text.ts";
import type { Pass } from "../policy/gate.ts";
import type { RawReader, UpstreamConnection } from "../upstream/connection.ts";
import type { Clock } from "./clock.ts";
import type { Answering, Exchange } from "./exchange.ts";

/** From RFC 6455 1.3. */
const websocketGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/** Bytes that a client may send before its handshake is answered; then it is not read any more. */
const mostEarly = 65_536;

/** Milliseconds. */
export interface TunnelLimits {
  readonly idle: number;
  /** How long an open tunnel may go on once its client has ended, and how long the upstream's side may take to end. */
  readonly halfClosed: number;
  /** How long what an upstream still sends is read over once it has been sent everything. */
  readonly linger: number;
}

/** Whether a 101 is the answer to a handshake's key (RFC 6455 4.2.2). */
export function isAcceptedBy(head: ResponseHead, key = ""): boolean {
  const accept = createHash("sha1")
    .update(key + websocketGuid)
    .digest("base64");
  return head.webSocketAccept === accept && head.upgrade?.toLowerCase() === "websocket";
}

/**
 * A client's end of a WebSocket: what comes before the handshake is answered is kept, and once a valid 101 has come,
 * bytes pass both ways, each side at the pace of the other.
 */
export class Tunnel implements RawReader, Answering {
  /** Whether the handshake was answered 101. */
  open = false;
  /** Whether its bytes are counted among those of tunnels that are over. */
  counted = false;
  deadline = Number.POSITIVE_INFINITY;
  readonly #exchange: Exchange;
  readonly #clock: Clock;
  readonly #limits: TunnelLimits;
  #early: Buffer;
  #connection: UpstreamConnection | undefined;
  #pass: Pass | undefined;
  /** When a tunnel whose client has ended must be over. */
  #lastMoment = Number.POSITIVE_INFINITY;

  /** @param early bytes that came with the handshake. */
  constructor(exchange: Exchange, early: Buffer, clock: Clock, limits: TunnelLimits) {
    this.#exchange = exchange;
    this.#early = Buffer.from(early);
    this.#clock = clock;
    this.#limits = limits;
    exchange.tunnel = this;
    exchange.connection.socket.on("data", (chunk) => this.#onClientData(chunk));
  }

  /** The upstream has accepted. @param rest bytes that came with its answer. */
  switch(connection: UpstreamConnection, head: ResponseHead, rest: Buffer, pass: Pass | undefined): void {
    const exchange = this.#exchange;
    const { socket } = exchange.connection;
    this.#connection = connection;
    this.#pass = pass;
    this.open = true;
    this.#touch();
    connection.join(this);
    socket.setNoDelay(true);
    exchange.corsGiven = head.cors;
    exchange.varyGiven = head.vary;
    const { id, corsFields } = exchange;
    const speaker = { id, corsFields, connectionField: "Connection: Upgrade\r\nUpgrade: websocket\r\n" };
    exchange.writeText(responseHead(speaker, 101, head.reason, head.kept, true));
    exchange.switched(this);
    if (rest.length > 0) exchange.writeBytes(rest);
    const early = this.#early;
    this.#early = Buffer.alloc(0);
    if (early.length > 0) this.#onClientData(early);
    // It may have been stopped as its requests were read, which nobody else knows any more.
    else if (socket.isPaused()) socket.resume();
  }

  onUpstreamData(buffer: Buffer, start: number, end: number): boolean {
    const { socket } = this.#exchange.connection;
    this.#touch();
    this.#exchange.bytesOut += end - start;
    // The read buffer is shared by all tunnels.
    return socket.write(Buffer.from(buffer.subarray(start, end)));
  }

  /** The upstream takes more. */
  onUpstreamDrain(): void {
    this.#exchange.connection.socket.resume();
  }

  /** Nothing more comes: the client gets what is left at its own pace, and then its connection ends. */
  onUpstreamEnd(): void {
    this.#letGo();
    this.#exchange.endTunnel("upstream");
  }

  onUpstreamClosed(): void {
    this.#leave();
    this.#exchange.endTunnel("upstream");
  }

  onClientDrain(): void {
    this.#connection?.resume();
  }

  /** The client has sent its last byte; before the 101 that means that it has left. */
  onClientEnd(): void {
    if (!this.open) return this.#exchange.connection.destroy("client");
    this.#exchange.close ??= "client";
    this.#connection?.socket.end();
    // The upstream gets a while to say the rest, however busy it is.
    this.#lastMoment = this.#clock.now + this.#limits.halfClosed;
    this.#touch();
  }

  onClientGone(): void {
    // What a client that ended in good order has sent still goes to the upstream, if that takes it.
    if (this.#exchange.connection.socket.readableEnded) this.#letGo();
    else this.#leave()?.destroy();
  }

  onAborted(_refusal: Refusal, why: string): void {
    this.#exchange.connection.destroy(why);
  }

  onDeadline(): void {
    this.#leave()?.destroy();
    this.#exchange.close = "timeout";
    this.#exchange.connection.destroy("timeout");
  }

  #onClientData(chunk: Buffer): void {
    const { socket } = this.#exchange.connection;
    if (!this.open) {
      // Frames before the 101: kept, but not without bound.
      this.#early = Buffer.concat([this.#early, chunk]);
      if (this.#early.length > mostEarly) socket.pause();
      return;
    }
    this.#touch();
    this.#exchange.bytesIn += chunk.length;
    const upstream = this.#connection?.socket;
    if (upstream?.writable === true && !upstream.write(chunk)) socket.pause();
    else if (socket.isPaused()) socket.resume();
  }

  /** Lets the upstream's side end in good order; it keeps the tunnel's place until it has. */
  #letGo(): void {
    const pass = this.#pass;
    this.#pass = undefined;
    this.#leave()?.endTunnel(this.#limits.halfClosed, this.#limits.linger, () => pass?.leave());
  }

  /** Leaves everything that knows of this tunnel. @returns its connection, if it is still there. */
  #leave(): UpstreamConnection | undefined {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#pass?.leave();
    this.#pass = undefined;
    return connection;
  }

  #touch(): void {
    this.deadline = Math.min(this.#clock.now + this.#limits.idle, this.#lastMoment);
  }
}
