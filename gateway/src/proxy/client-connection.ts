import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Exchange } from "./exchange.ts";
import type { GatewayRequest } from "./incoming.ts";

/** Pipelined requests that wait before reading stops. */
const mostQueued = 16;
/** How long an ending connection is read over, so that the answer is not lost to a reset, milliseconds. */
const lingerMs = 2_000;

/** What a connection asks of the gateway. */
export interface ConnectionHandler {
  begin(client: ClientConnection, request: GatewayRequest, response: ServerResponse): void;
  onClosed(client: ClientConnection): void;
}

/** A request whose turn has not come. */
interface Queued {
  readonly request: GatewayRequest;
  readonly response: ServerResponse;
}

/** A socket with the connection it belongs to. */
type ClientSocket = Socket & { gatewayClient: ClientConnection };

// One function for all sockets: with ten thousand idle connections, closures of their own are memory.
function onDrain(this: Socket): void {
  (this as ClientSocket).gatewayClient.current?.onClientDrain();
}
function onClose(this: Socket): void {
  const client = (this as ClientSocket).gatewayClient;
  client.handler.onClosed(client);
}

/**
 * A client's connection. Its requests are handled one after the other, in order, so that answers cannot change places;
 * pipelined ones wait.
 */
export class ClientConnection {
  readonly socket: Socket;
  /** The peer's address, IPv4 in its plain form. */
  readonly address: string;
  readonly trusted: boolean;
  readonly localPort: string;
  readonly handler: ConnectionHandler;
  /** Made when first needed: most connections never pipeline. */
  #queue: Queued[] | undefined;
  current: Exchange | undefined;
  /** Milliseconds of `performance.now()`: when its last request ended. */
  idleSince: number;
  /** No further request is taken. */
  closing = false;
  /** Written once the requests before it are answered; the connection then ends. */
  #lastWords: string | undefined;
  #lingerUntil = Number.POSITIVE_INFINITY;

  constructor(socket: Socket, handler: ConnectionHandler, trusts: (address: string) => boolean, now: number) {
    this.socket = socket;
    this.handler = handler;
    this.address = (socket.remoteAddress ?? "").replace(/^::ffff:/, "");
    this.localPort = String(socket.localPort ?? "");
    this.trusted = trusts(this.address);
    this.idleSince = now;
    (socket as ClientSocket).gatewayClient = this;
    socket.on("drain", onDrain);
    socket.on("close", onClose);
  }

  /** `X-Forwarded-For`, `-Proto` and `-Port` of an untrusted peer, as lines. */
  get forwardedLines(): string {
    return `X-Forwarded-For: ${this.address}\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Port: ${this.localPort}\r\n`;
  }

  /** Handles a request now, or after the ones before it. */
  take(request: GatewayRequest, response: ServerResponse): void {
    if (this.closing) return request.discardBody();
    if (this.current === undefined) return this.handler.begin(this, request, response);
    this.#queue ??= [];
    this.#queue.push({ request, response });
    if (this.#queue.length >= mostQueued) this.socket.pause();
  }

  /** The current request is answered. */
  next(now: number): void {
    this.current = undefined;
    this.idleSince = now;
    const following = this.#queue?.shift();
    if (following !== undefined) {
      if (this.#queue?.length === mostQueued >> 1) this.socket.resume();
      return this.handler.begin(this, following.request, following.response);
    }
    if (this.#lastWords !== undefined) {
      this.socket.write(this.#lastWords, "latin1");
      this.end(now);
    }
  }

  /** Bytes that are no request: they are answered in their turn, and nothing after them is read. */
  refuse(answer: string, now: number): void {
    if (this.closing) return;
    this.closing = true;
    this.socket.pause();
    this.#lastWords = answer;
    if (this.current === undefined) this.next(now);
  }

  /**
   * Ends the connection: what was written is sent, then what still arrives is read over for a while. Closing at once
   * with unread bytes would reset the connection, and the client would lose the answer (RFC 9112 9.6).
   */
  end(now: number): void {
    this.current = undefined;
    this.closing = true;
    this.#queue = undefined;
    if (this.socket.destroyed) return;
    this.#lingerUntil = now + lingerMs;
    this.socket.end();
    this.socket.resume();
  }

  /** Whether it has nothing to do and nothing to send. */
  get idle(): boolean {
    return this.current === undefined && this.#lastWords === undefined && this.socket.writableLength === 0;
  }

  /** Ends what has lingered or been idle for too long. */
  sweep(now: number, idleLimit: number): void {
    if (now >= this.#lingerUntil) this.socket.destroy();
    else if (this.current === undefined && !this.closing && now - this.idleSince >= idleLimit)
      this.socket.destroy();
  }
}
