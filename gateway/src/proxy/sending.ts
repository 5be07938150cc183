import { type Refusal, refusals } from "../message/refusals.ts";
import type { BodySink } from "../node/request.ts";
import type { UpstreamConnection } from "../upstream/connection.ts";
import type { Exchange } from "./exchange.ts";

/** Bytes of a body piece that is written as text, together with the head. */
const mostText = 8_192;

/** Pieces of a chunked body that are gathered into one chunk, bytes: each chunk of its own costs a system call. */
const mostGathered = 16_384;
/** So many pieces in one turn that are on average so small, bytes: parsing them takes longer than their bytes are worth. */
const manyPieces = 256;
const smallPiece = 32;

/** What hears how the sending goes. */
export interface SendingOwner {
  /** A piece went on. @param blocked the upstream takes no more for now. */
  onBodyProgress(blocked: boolean): void;
  /** The body cannot be sent on. */
  onBodyRefused(refusal: Refusal): void;
  /** The whole request has been handed to the connection. */
  onRequestSent(): void;
}

/** A request on its way to its upstream: the head, together with the beginning of the body where there is one. */
export class Sending implements BodySink {
  readonly #exchange: Exchange;
  readonly #connection: UpstreamConnection;
  readonly #owner: SendingOwner;
  readonly #chunked: boolean;
  readonly #most: number;
  /** Until it is written, perhaps together with the body. */
  #head: string | undefined;
  /**
   * Beside Upgrade, Node's parser takes a coding that it does not know for no body at all, and tells the value without the
   * blanks that made it unknown: only a body with a byte in it shows that it was understood.
   */
  #inDoubt = false;
  /** Of a chunked body, not written yet. */
  #pieces: Buffer[] = [];
  #gathered = 0;
  #over = false;
  /** The upstream takes no more for now. */
  blocked = false;

  /** @param most bytes of a body. */
  constructor(
    exchange: Exchange,
    connection: UpstreamConnection,
    head: string,
    most: number,
    owner: SendingOwner,
  ) {
    this.#exchange = exchange;
    this.#connection = connection;
    this.#head = head;
    this.#most = most;
    this.#owner = owner;
    this.#chunked = exchange.head.transferEncoding !== undefined;
    const { request } = exchange;
    if (request === undefined || !exchange.head.hasBody) {
      this.#flushHead();
      return;
    }
    // An HTTP/1.0 client knows no interim answers, and its expectation is to be ignored (RFC 9110 10.1.1).
    if (exchange.head.expect !== undefined && !request.complete && !exchange.http10)
      exchange.connection.socket.write("HTTP/1.1 100 Continue\r\n\r\n", "latin1");
    this.#inDoubt = this.#chunked && exchange.head.upgrade !== undefined;
    // The first piece usually follows in the same turn, and then goes out with the head.
    if (!this.#chunked) process.nextTick(flush, this);
    else if (!this.#inDoubt) setImmediate(flush, this);
    request.sendBodyTo(this);
  }

  /** Takes no more of the body. */
  stop(): void {
    this.#over = true;
  }

  /** @internal */
  flush(): void {
    if (this.#over) return;
    if (this.#gathered === 0) return this.#flushHead();
    if (this.#flushPieces()) return;
    // The client was told to go on when this was gathered.
    this.#exchange.connection.reading.block();
    this.#owner.onBodyProgress(true);
  }

  onRequestBody(chunk: Buffer): boolean {
    const exchange = this.#exchange;
    exchange.bytesIn += chunk.length;
    if (this.#over) return true;
    if (exchange.bytesIn > this.#most) {
      this.#over = true;
      this.#owner.onBodyRefused(refusals.bodyTooLarge);
      return true;
    }
    const more = this.#chunked ? this.#gather(chunk) : this.#write(chunk);
    if (!more) this.blocked = true;
    this.#owner.onBodyProgress(this.blocked);
    return more;
  }

  #write(piece: Buffer): boolean {
    const { socket } = this.#connection;
    const head = this.#head;
    if (head !== undefined && piece.length <= mostText) {
      this.#head = undefined;
      return socket.write(head + piece.toString("latin1"), "latin1");
    }
    socket.cork();
    this.#flushHead();
    const more = socket.write(piece);
    process.nextTick(uncork, socket);
    return more;
  }

  /** Keeps a piece until the turn's end, or until there are enough of them. */
  #gather(piece: Buffer): boolean {
    this.#pieces.push(piece);
    this.#gathered += piece.length;
    if (this.#pieces.length === manyPieces && this.#gathered < manyPieces * smallPiece)
      this.#exchange.connection.reading.slice();
    if (this.#gathered >= mostGathered) return this.#flushPieces();
    if (this.#pieces.length === 1) setImmediate(flush, this);
    return true;
  }

  /** Writes what is gathered as one chunk. @returns false when the upstream takes no more for now. */
  #flushPieces(): boolean {
    const { socket } = this.#connection;
    const [first] = this.#pieces;
    if (first === undefined) return true;
    const whole = this.#pieces.length === 1 ? first : Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#gathered = 0;
    socket.cork();
    this.#flushHead();
    socket.write(`${whole.length.toString(16)}\r\n`, "latin1");
    socket.write(whole);
    const more = socket.write("\r\n", "latin1");
    socket.uncork();
    if (!more) this.blocked = true;
    return more;
  }

  onRequestEnd(): void {
    if (this.#over) return;
    if (this.#inDoubt && this.#exchange.bytesIn === 0) {
      this.#over = true;
      return this.#owner.onBodyRefused(refusals.bodyLength);
    }
    if (this.#chunked) {
      this.#flushPieces();
      const head = this.#head ?? "";
      this.#head = undefined;
      this.#connection.socket.write(`${head}0\r\n\r\n`, "latin1");
    } else this.#flushHead();
    this.#owner.onRequestSent();
  }

  /** The upstream takes more. */
  onUpstreamDrain(): void {
    if (!this.blocked) return;
    this.blocked = false;
    this.#exchange.connection.reading.unblock();
  }

  #flushHead(): void {
    const head = this.#head;
    if (head === undefined) return;
    this.#head = undefined;
    this.#connection.socket.write(head, "latin1");
  }
}

function flush(sending: Sending): void {
  sending.flush();
}

function uncork(socket: { uncork(): void }): void {
  socket.uncork();
}
