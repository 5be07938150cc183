import { type ServerResponse, STATUS_CODES } from "node:http";
import { securityFields } from "../message/fields.ts";
import { writeJoined } from "../message/joined-write.ts";
import { type Problem, problemBody } from "../message/problem.ts";
import type { RequestHead } from "../message/request-head.ts";
import type { AccessRecord } from "../observe/access-log.ts";
import type { RouteMetrics } from "../observe/metrics.ts";
import type { Trace } from "../observe/trace.ts";
import type { ClientConnection } from "./client-connection.ts";
import type { GatewayRequest } from "./incoming.ts";

/** What hears of the client while an answer is being made elsewhere. */
export interface Answering {
  onClientDrain(): void;
  /** The client broke its own request: end it with this answer if there is none yet. */
  onClientBroken(problem: Problem): void;
  /** The client has left; nothing may be written any more. */
  onClientGone(): void;
}

/** Told when an exchange is over. */
export interface ExchangeObserver {
  onOver(exchange: Exchange, now: number): void;
  readonly draining: boolean;
}

/**
 * One request and its answer, as the client sees them. Answers are written to the socket directly: Node keeps the
 * order and the life of the connection, and what it would do to headers has been done already.
 */
export class Exchange implements AccessRecord {
  readonly request: GatewayRequest;
  readonly response: ServerResponse;
  readonly connection: ClientConnection;
  readonly head: RequestHead;
  readonly id: string;
  readonly method: string;
  /** As the client sent it. */
  readonly target: string;
  /** `performance.now()` at its begin. */
  readonly start: number;
  /** The client's address: the peer's, or what trusted proxies say. */
  client: string;
  /** Host that the request is for; the upstream gets the same. */
  host = "";
  route: string | undefined;
  /** `host:port` that the request went to. */
  upstream: string | undefined;
  /** Why the gateway answered itself or cut the answer. */
  outcome: string | undefined;
  /** Its place in a trace, when spans are exported. */
  trace: Trace | undefined;
  metrics: RouteMetrics;
  /** Nothing more is taken from a client whose message was broken. */
  closesAnyway = false;
  /** The client's answer; 499: it left before it had one. */
  status = 499;
  bytesIn = 0;
  bytesOut = 0;
  durationMs = 0;
  /** Who answers, when it is not the gateway itself. */
  answering: Answering | undefined;
  #over = false;
  readonly #observer: ExchangeObserver;

  constructor(
    connection: ClientConnection,
    request: GatewayRequest,
    response: ServerResponse,
    id: string,
    start: number,
    metrics: RouteMetrics,
    observer: ExchangeObserver,
  ) {
    this.connection = connection;
    this.client = connection.address;
    this.request = request;
    this.response = response;
    this.head = request.head;
    this.id = id;
    this.method = request.method ?? "";
    this.target = request.url ?? "";
    this.start = start;
    this.metrics = metrics;
    this.#observer = observer;
    request.onGone = this;
    connection.current = this;
  }

  get traceId(): string | undefined {
    return this.trace?.traceId;
  }

  get over(): boolean {
    return this.#over;
  }

  /** Whether the connection must end with this answer. */
  get closes(): boolean {
    return (
      this.closesAnyway ||
      !this.response.shouldKeepAlive ||
      (this.head.hasBody && !this.request.complete) ||
      this.#observer.draining
    );
  }

  /** Writes text of an answer, as latin1. */
  writeText(text: string): void {
    this.bytesOut += text.length;
    this.connection.socket.write(text, "latin1");
  }

  /** Writes text, as latin1, and a piece after it; the piece is copied. */
  writeJoined(text: string, buffer: Buffer, start: number, end: number): void {
    this.bytesOut += text.length + end - start;
    writeJoined(this.connection.socket, text, buffer, start, end);
  }

  /** Writes a piece of an answer; the buffer must not change until the socket has sent it. */
  writeBytes(bytes: Buffer): void {
    this.bytesOut += bytes.length;
    this.connection.socket.write(bytes);
  }

  /** Answers by ourselves. */
  reply(status: number, body: string, type = "application/json", fields = ""): void {
    if (this.#over) return;
    this.status = status;
    const close = this.closes;
    let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${fields}${securityFields}X-Request-ID: ${this.id}\r\nDate: ${httpDate()}\r\nCache-Control: no-store\r\n`;
    // A 204 has no body and must not announce one (RFC 9110 8.6).
    if (status !== 204) text += `Content-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
    if (close) text += "Connection: close\r\n";
    text += "\r\n";
    this.writeText(this.method === "HEAD" ? text : text + Buffer.from(body).toString("latin1"));
    this.finish(close);
  }

  /** Answers with what is wrong (RFC 9457). */
  refuse(problem: Problem, fields = ""): void {
    this.outcome = problem.reason;
    this.reply(problem.status, problemBody(problem, this.id), "application/problem+json", fields);
  }

  /** The answer is written whole. */
  finish(close: boolean): void {
    if (this.#over) return;
    const now = this.#end();
    this.request.discardBody();
    // Node takes the next pipelined response in its turn when this one says that it is finished.
    this.response.finished = true;
    this.response.emit("finish");
    if (close) this.connection.end(now);
    else this.connection.next(now);
  }

  /** An answer that cannot be completed: the connection is cut, so that it does not look whole (RFC 9112 8). */
  cut(): void {
    if (this.#over) return;
    this.outcome = "cut";
    this.#end();
    this.connection.closing = true;
    this.connection.socket.destroy();
  }

  /** The client's request turned out to be no valid HTTP while it was being handled. */
  fail(problem: Problem): void {
    if (this.answering !== undefined) this.answering.onClientBroken(problem);
    else this.refuse(problem);
  }

  onClientDrain(): void {
    this.answering?.onClientDrain();
  }

  onClientGone(): void {
    if (this.#over) return;
    this.answering?.onClientGone();
    this.#end();
    this.connection.current = undefined;
  }

  #end(): number {
    this.#over = true;
    this.request.onGone = undefined;
    const now = performance.now();
    this.durationMs = now - this.start;
    this.#observer.onOver(this, now);
    return now;
  }
}

let dateAt = 0;
let dateText = "";

/** The time as HTTP writes it (RFC 9110 5.6.7), made once a second. */
export function httpDate(): string {
  const second = Math.floor(Date.now() / 1000);
  if (second !== dateAt) {
    dateAt = second;
    dateText = new Date(second * 1000).toUTCString();
  }
  return dateText;
}
