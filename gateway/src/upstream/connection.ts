import { connect, type Socket, type TcpNetConnectOpts } from "node:net";
import { ChunkedDecoder } from "../message/chunked.ts";
import { Framing, framingOf, parseResponseHead, type ResponseHead } from "../message/response-head.ts";
import type { UpstreamAddress } from "./address.ts";
import { buffers } from "./buffers.ts";

/** Who gets what arrives on a connection: one request, or one WebSocket handshake. */
export interface UpstreamUser {
  readonly method: string;
  /** Whether the whole request has been handed to the connection. */
  readonly requestSent: boolean;
  /** Whether it waits for a 101; any other user gets 502 for one. */
  readonly wantsUpgrade: boolean;
  onConnect(): void;
  /** The socket takes more of the request's body. */
  onUpstreamDrain(): void;
  /** A 1xx answer other than 100 and 101. */
  onInterim(head: ResponseHead): void;
  onHead(head: ResponseHead): void;
  /** A piece of the body; `buffer` is only valid until {@link afterRead} has returned. */
  onBody(buffer: Buffer, start: number, end: number): void;
  /** The answer is complete. */
  onEnd(): void;
  /** Everything that one read brought has been handed over. */
  afterRead(): ReadOutcome;
  /** The handshake was answered 101; `rest` are bytes that came with it. */
  onUpgrade(head: ResponseHead, rest: Buffer): void;
  /** No complete answer will come. @param code Node's error code, or one of `problem.ts`. */
  onFailure(code: string): void;
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
  onData(buffer: Buffer, start: number, end: number): boolean;
  onDrain(): void;
  /** The upstream has sent its last byte. */
  onFinish(): void;
  onClose(): void;
}

/** Bytes of a response head at most. */
const mostHeadBytes = 65_536;
const headEnd = Buffer.from("\r\n\r\n", "latin1");
const protocol = "HTTP/1.";

/** The pool's side of a connection. */
export interface ConnectionOwner {
  readonly address: UpstreamAddress;
  /** The connection may carry another request. */
  onFree(connection: UpstreamConnection): void;
  onClosed(connection: UpstreamConnection): void;
}

/**
 * One HTTP/1.1 connection to an upstream, without pipelining. It parses answers strictly, and closes itself as soon
 * as anything arrives that was not asked for, so that no byte of one answer can reach another client.
 */
export class UpstreamConnection {
  readonly socket: Socket;
  readonly #owner: ConnectionOwner;
  user: UpstreamUser | undefined;
  /** Whether it carried a request before this one: it may have been closed just as it was taken. */
  reused = false;
  /** Whether any byte of the current answer has arrived. */
  answered = false;
  /** When it became idle, milliseconds of `performance.now()`. */
  idleSince = 0;
  #buffer: Buffer;
  #nextBuffer: Buffer | undefined;
  #started = false;
  #head: Buffer | undefined;
  #framing: number = -1;
  #left = 0;
  #chunks: ChunkedDecoder | undefined;
  #keepAlive = false;
  #raw: RawReader | undefined;
  #ended = false;
  #free = false;

  constructor(owner: ConnectionOwner) {
    this.#owner = owner;
    this.#buffer = buffers.take();
    this.socket = connect({
      host: owner.address.host,
      port: owner.address.port,
      lookup: owner.address.lookup,
      noDelay: true,
      // Probes find a peer that vanished without a word while a tunnel is quiet.
      keepAlive: true,
      keepAliveInitialDelay: 30_000,
      onread: {
        // Node asks after every read; anything but a buffer means the same one again.
        buffer: () => this.#swapBuffer() as Buffer,
        callback: (length: number, buffer: Uint8Array) => this.#onRead(length, buffer as Buffer),
      },
    } as TcpNetConnectOpts);
    this.socket.on("connect", () => this.user?.onConnect());
    this.socket.on("drain", () =>
      this.#raw === undefined ? this.user?.onUpstreamDrain() : this.#raw.onDrain(),
    );
    this.socket.on("end", () => this.#onEnd());
    this.socket.on("error", (error: NodeJS.ErrnoException) => this.#fail(error.code ?? "ERR_SOCKET"));
    this.socket.on("close", () => this.#onClose());
  }

  #swapBuffer(): Buffer | null {
    if (this.#nextBuffer !== undefined) {
      this.#buffer = this.#nextBuffer;
      this.#nextBuffer = undefined;
      return this.#buffer;
    }
    if (this.#started) return null;
    this.#started = true;
    return this.#buffer;
  }

  /** Gives the connection to its next user. */
  use(user: UpstreamUser): void {
    this.user = user;
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

  #onRead(length: number, buffer: Buffer): boolean {
    if (this.#raw !== undefined) return this.#raw.onData(buffer, 0, length);
    const { user } = this;
    if (user === undefined) {
      // An answer nobody asked for (response queue poisoning).
      this.socket.destroy();
      return false;
    }
    this.answered = true;
    this.#read(buffer, length);
    const outcome = user.afterRead();
    if ((outcome & keepsBuffer) !== 0) this.#nextBuffer = buffers.take();
    if (this.#free) {
      this.#free = false;
      this.#owner.onFree(this);
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
        at = this.#readHead(buffer, at, length);
        if (at < 0) return;
        continue;
      }
      at = this.#readBody(user, buffer, at, length);
      if (at < 0) return this.#fail("ERR_BAD_RESPONSE");
    }
  }

  /** @returns where the head ended; -1 when there is no whole head yet or the connection has ended. */
  #readHead(buffer: Buffer, start: number, length: number): number {
    let source = buffer;
    let from = start;
    let to = length;
    const before = this.#head;
    if (before !== undefined) {
      source = Buffer.concat([before, buffer.subarray(start, length)]);
      from = 0;
      to = source.length;
    }
    const end = source.indexOf(headEnd, from);
    // Beyond what was read, the buffer holds bytes of earlier reads.
    if (end < 0 || end + 4 > to || end - from > mostHeadBytes) {
      const text = source.toString("latin1", from, Math.min(to, from + 16));
      const plausible = text.startsWith(protocol) || protocol.startsWith(text);
      // A bare LF would be waited on for ever.
      const bareLf = to - from < 4096 && /(?<!\r)\n/.test(source.toString("latin1", from, to));
      if (!plausible || bareLf || to - from > mostHeadBytes) this.#fail("ERR_BAD_RESPONSE");
      else this.#head = Buffer.from(source.subarray(from, to));
      return -1;
    }
    this.#head = undefined;
    const head = parseResponseHead(source.toString("latin1", from, end + 2));
    const next = end + 4 - (before?.length ?? 0) + (before === undefined ? 0 : start);
    if (head === undefined) {
      this.#fail("ERR_BAD_RESPONSE");
      return -1;
    }
    return this.#onHead(head, buffer, next, length);
  }

  #onHead(head: ResponseHead, buffer: Buffer, next: number, length: number): number {
    const user = this.user as UpstreamUser;
    if (head.status === 101) {
      if (!user.wantsUpgrade) {
        this.#fail("ERR_BAD_RESPONSE");
        return -1;
      }
      user.onUpgrade(head, Buffer.from(buffer.subarray(next, length)));
      return -1;
    }
    if (head.status < 200) {
      if (head.status !== 100) user.onInterim(head);
      return next;
    }
    this.#framing = framingOf(head, user.method);
    this.#keepAlive = head.keepAlive && this.#framing !== Framing.untilClose;
    if (this.#framing === Framing.length) this.#left = head.length;
    else if (this.#framing === Framing.chunked) this.#chunks = new ChunkedDecoder();
    user.onHead(head);
    if (this.#framing === Framing.none) this.#finish(next < length);
    return next;
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
   * The answer is complete. The connection is free for another request after this read, unless bytes are left over:
   * they must not become another client's answer.
   */
  #finish(leftOver: boolean): void {
    const { user } = this;
    if (user === undefined) return;
    const reusable = this.#keepAlive && user.requestSent && !this.#ended && !leftOver;
    this.user = undefined;
    this.#chunks = undefined;
    this.#framing = -1;
    user.onEnd();
    if (reusable && !this.socket.destroyed) this.#free = true;
    else this.socket.destroy();
  }

  #onEnd(): void {
    this.#ended = true;
    if (this.#raw !== undefined) return this.#raw.onFinish();
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
    user?.onFailure(code);
  }

  #onClose(): void {
    if (this.#raw === undefined) buffers.give(this.#buffer);
    this.#fail("ERR_CLOSED");
    this.#raw?.onClose();
    this.#owner.onClosed(this);
  }
}
