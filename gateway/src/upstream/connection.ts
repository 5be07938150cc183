import type { Socket } from "node:net";
import { ChunkedDecoder } from "../message/chunked.ts";
import { Framing, framingOf, parseResponseHead, type ResponseHead } from "../message/response-head.ts";
import { connectTo, type SocketReader } from "../node/upstream-socket.ts";
import { buffers, unread } from "./buffers.ts";
import type { Endpoint } from "./endpoint.ts";
import { HeadText } from "./head-text.ts";

/** Who gets what arrives on a connection: one request, or one WebSocket handshake. */
export interface UpstreamUser {
  readonly method: string;
  /** Whether the whole request has been handed to the connection. */
  readonly requestSent: boolean;
  /** Whether another request may follow: no for those of which upstreams differ about where they end. */
  readonly reusable: boolean;
  /** Whether it waits for a 101; any other user gets 502 for one. */
  readonly wantsUpgrade: boolean;
  /** The socket takes more of the request's body. */
  onUpstreamDrain(): void;
  /** A 1xx answer other than 100 and 101. */
  onInterim(head: ResponseHead): void;
  onHead(head: ResponseHead): void;
  /** A piece of the body; `buffer` is only valid until {@link afterRead} has returned. */
  onBody(buffer: Buffer, start: number, end: number): void;
  /** The answer is complete. */
  onAnswerEnd(): void;
  /** Everything that one read brought has been handed over. */
  afterRead(): ReadOutcome;
  /** The handshake was answered 101; `rest` are bytes that came with it. */
  onSwitched(head: ResponseHead, rest: Buffer): void;
  /** No complete answer will come. @param code Node's error code, or one of this gateway's own. */
  onUpstreamFailed(code: string): void;
}

/** What a user did with a read: bits. */
export type ReadOutcome = number;
/** Read no more until `resume` is called. */
export const pauseReading = 1;
/** A piece is still being written: the buffer is the user's now. */
export const keepsBuffer = 2;

/** A tunnel's end of the connection after a 101. */
export interface RawReader {
  /** @returns false to pause. `buffer` is only valid during the call. */
  onUpstreamData(buffer: Buffer, start: number, end: number): boolean;
  onUpstreamDrain(): void;
  /** The upstream has sent its last byte. */
  onUpstreamEnd(): void;
  onUpstreamClosed(): void;
}

/** Reads what nobody wants any more. */
const nobody: RawReader = {
  onUpstreamData: () => true,
  onUpstreamDrain() {},
  onUpstreamEnd() {},
  onUpstreamClosed() {},
};

/** The pool's side of a connection. */
export interface ConnectionOwner {
  /** The answer is complete, and the connection may carry another request. */
  onFree(connection: UpstreamConnection): void;
  /** @param wasLent whether a request was under way. */
  onClosed(connection: UpstreamConnection, wasLent: boolean): void;
}

/**
 * One HTTP/1.1 connection to an upstream, without pipelining. It parses answers strictly, and closes itself as soon
 * as anything arrives that was not asked for, so that no byte of one answer can reach another client.
 */
export class UpstreamConnection implements SocketReader {
  readonly socket: Socket;
  readonly endpoint: Endpoint;
  /** Whom it belongs to once it is connected. */
  owner: ConnectionOwner | undefined;
  user: UpstreamUser | undefined;
  /** Requests it carried. */
  requests = 0;
  /** Whether any byte of the current answer has arrived. */
  answered = false;
  /** It lasts, and does not take a request's place. */
  apart = false;
  /** Milliseconds of `performance.now()`. */
  readonly openedAt = performance.now();
  idleSince = 0;
  retireAt = Number.POSITIVE_INFINITY;
  /** As the upstream announced it, less a second for what is on its way (`Keep-Alive: timeout`), milliseconds. */
  idleLimit = Number.POSITIVE_INFINITY;
  #buffer: Buffer = buffers.take();
  #nextBuffer: Buffer | undefined;
  readonly #head = new HeadText();
  /** -1 while a head is awaited. */
  #framing: number = -1;
  #left = 0;
  #chunks: ChunkedDecoder | undefined;
  #keepAlive = false;
  #raw: RawReader | undefined;
  #lent = false;
  #ended = false;
  #free = false;

  constructor(endpoint: Endpoint, port: number) {
    this.endpoint = endpoint;
    this.socket = connectTo(endpoint.address, port, this);
    this.socket.on("drain", () =>
      this.#raw === undefined ? this.user?.onUpstreamDrain() : this.#raw.onUpstreamDrain(),
    );
    this.socket.on("end", () => this.#onEnd());
    this.socket.on("error", (error: NodeJS.ErrnoException) => this.#fail(error.code ?? "ERR_SOCKET"));
    this.socket.on("close", () => this.#onClose());
  }

  firstBuffer(): Buffer {
    this.#buffer[0] = unread;
    return this.#buffer;
  }

  nextBuffer(): Buffer | undefined {
    const next = this.#nextBuffer;
    this.#nextBuffer = undefined;
    if (next !== undefined) this.#buffer = next;
    if (this.#raw === undefined) this.#buffer[0] = unread;
    return next;
  }

  /** Whether it carried a request before this one: it may have been closed just as it was taken. */
  get reused(): boolean {
    return this.requests > 1;
  }

  /** Gives the connection to its next user. */
  use(user: UpstreamUser): void {
    this.user = user;
    this.requests++;
    this.#lent = true;
    this.answered = false;
    this.#framing = -1;
  }

  /** Reads on after a pause. */
  resume(): void {
    this.socket.resume();
  }

  /** Ends it at once; its user hears nothing more. */
  destroy(): void {
    this.user = undefined;
    this.socket.destroy();
  }

  /** Turns it into one end of a tunnel; from now on it reads into a buffer that all tunnels share. */
  join(reader: RawReader): void {
    this.user = undefined;
    this.#raw = reader;
    buffers.give(this.#buffer);
    this.#nextBuffer = buffers.shared;
  }

  /**
   * Ends a tunnel's side in good order: what was written is sent, and what comes is read over for a while, since closing
   * a socket with unread bytes resets the connection, and the upstream would lose what it has not read (RFC 9112 9.6).
   * @param most milliseconds for all of it. @param linger milliseconds once everything is sent.
   * @param onClosed called at its end: until then it takes a place.
   */
  endTunnel(most: number, linger: number, onClosed: () => void): void {
    const { socket } = this;
    this.#raw = nobody;
    const close = () => socket.destroy();
    let timer = setTimeout(close, most).unref();
    const onSent = () => {
      clearTimeout(timer);
      if (!socket.destroyed) timer = setTimeout(close, Math.min(linger, most)).unref();
    };
    socket.once("close", () => {
      clearTimeout(timer);
      onClosed();
    });
    if (socket.writableFinished) onSent();
    else socket.once("finish", onSent).end();
    socket.resume();
  }

  onRead(length: number, buffer: Buffer): boolean {
    if (this.#raw !== undefined) return this.#raw.onUpstreamData(buffer, 0, length);
    const { user } = this;
    if (user === undefined) {
      // An answer nobody asked for (response queue poisoning).
      this.socket.destroy();
      return false;
    }
    // What is parsed must be what was read: a read that went elsewhere leaves the buffer as it was.
    if (buffer !== this.#buffer || (!this.answered && buffer[0] === unread)) {
      this.#fail("ERR_READ_BUFFER");
      return false;
    }
    this.answered = true;
    this.#read(buffer, length);
    const outcome = user.afterRead();
    if ((outcome & keepsBuffer) !== 0) this.#nextBuffer = buffers.take();
    if (this.#free) {
      this.#free = false;
      this.owner?.onFree(this);
      return true;
    }
    return (outcome & pauseReading) === 0;
  }

  /** Takes one read apart: heads, then body, until it is used up. */
  #read(buffer: Buffer, length: number): void {
    let at = 0;
    while (at < length) {
      const { user } = this;
      if (user === undefined) {
        if (this.#raw === undefined) this.socket.destroy();
        return;
      }
      if (this.#framing < 0) {
        at = this.#readHead(user, buffer, at, length);
        if (at < 0) return;
        continue;
      }
      at = this.#readBody(user, buffer, at, length);
      if (at < 0) return this.#fail("ERR_BAD_RESPONSE");
    }
  }

  /** @returns where the head ended; -1 when there is no whole head yet or the connection has ended. */
  #readHead(user: UpstreamUser, buffer: Buffer, start: number, length: number): number {
    const read = this.#head.read(buffer, start, length);
    if (read === "unfinished") return -1;
    const head = read === "bad" ? undefined : parseResponseHead(read.text);
    if (read === "bad" || head === undefined || (head.status === 101 && !user.wantsUpgrade)) {
      this.#fail("ERR_BAD_RESPONSE");
      return -1;
    }
    const { next } = read;
    if (head.status === 101) {
      user.onSwitched(head, Buffer.from(buffer.subarray(next, length)));
      return -1;
    }
    if (head.status < 200) {
      if (head.status !== 100) user.onInterim(head);
      return next;
    }
    this.#onHead(user, head, next < length);
    return next;
  }

  #onHead(user: UpstreamUser, head: ResponseHead, more: boolean): void {
    this.#framing = framingOf(head, user.method);
    // An upstream that announces a body where none may be could send it all the same.
    const doubtful = this.#framing === Framing.none && (head.length > 0 || head.chunked);
    this.#keepAlive = head.keepAlive && this.#framing !== Framing.untilClose && !doubtful;
    if (head.keepAliveSeconds !== undefined) this.idleLimit = (head.keepAliveSeconds - 1) * 1_000;
    if (this.#framing === Framing.length) this.#left = head.length;
    else if (this.#framing === Framing.chunked) this.#chunks = new ChunkedDecoder();
    user.onHead(head);
    if (this.#framing === Framing.none) this.#finish(more);
  }

  /** @returns where it stopped; -1 when the body is not valid. */
  #readBody(user: UpstreamUser, buffer: Buffer, start: number, length: number): number {
    if (this.#framing === Framing.length) {
      const take = Math.min(this.#left, length - start);
      this.#left -= take;
      user.onBody(buffer, start, start + take);
      if (this.#left === 0) this.#finish(start + take < length);
      return start + take;
    }
    if (this.#framing === Framing.chunked) {
      const chunks = this.#chunks as ChunkedDecoder;
      const next = chunks.read(buffer, start, length, user);
      if (next >= 0 && chunks.done) this.#finish(next < length);
      return next;
    }
    user.onBody(buffer, start, length);
    return length;
  }

  /**
   * The answer is complete. The connection is free for another request after this turn of the loop, unless bytes are
   * left over or may still come: they must not become another client's answer.
   */
  #finish(leftOver: boolean): void {
    const { user } = this;
    if (user === undefined) return;
    const reusable = this.#keepAlive && user.reusable && user.requestSent && !this.#ended && !leftOver;
    this.user = undefined;
    this.#chunks = undefined;
    this.#framing = -1;
    user.onAnswerEnd();
    if (reusable && !this.socket.destroyed) {
      this.#free = true;
      this.#lent = false;
    } else this.socket.destroy();
  }

  #onEnd(): void {
    this.#ended = true;
    if (this.#raw !== undefined) return this.#raw.onUpstreamEnd();
    const { user } = this;
    if (user === undefined) return void this.socket.destroy();
    if (this.#framing === Framing.untilClose) {
      this.#finish(false);
      user.afterRead();
    } else this.#fail("ERR_CLOSED");
  }

  #fail(code: string): void {
    const { user } = this;
    this.user = undefined;
    this.socket.destroy();
    user?.onUpstreamFailed(code);
  }

  #onClose(): void {
    if (this.#raw === undefined) buffers.give(this.#buffer);
    this.#fail("ERR_CLOSED");
    this.#raw?.onUpstreamClosed();
    this.owner?.onClosed(this, this.#lent);
  }
}
