import type { ServerResponse } from "node:http";
import type { ClientConnection } from "../client/connection.ts";
import type { Turn } from "../client/turn.ts";
import { type Refusal, refusalBody } from "../message/refusals.ts";
import { RequestHead } from "../message/request-head.ts";
import { responseHead, type Speaker } from "../message/response-text.ts";
import type { GatewayRequest } from "../node/request.ts";
import { keepsAlive, releaseResponse } from "../node/response.ts";
import { isWritten } from "../node/written.ts";
import type { AccessRecord } from "../observe/access-log.ts";
import type { RouteMetrics } from "../observe/metrics.ts";
import { isRequestId, newRequestId } from "../observe/request-id.ts";
import type { Trace } from "../observe/trace.ts";
import type { RouteState } from "./route-state.ts";
import type { Tunnel } from "./tunnel.ts";

/** What makes the answer, while it is made elsewhere. */
export interface Answering {
  /** Milliseconds of `performance.now()`. */
  readonly deadline: number;
  onDeadline(now: number): void;
  onClientDrain(): void;
  /** It must end: with this answer if there is none yet. @param why for the log. */
  onAborted(refusal: Refusal, why: string): void;
  /** The client has left; nothing may be written any more. */
  onClientGone(): void;
}

/** What all exchanges share. */
export interface ExchangeHost {
  readonly draining: boolean;
  readonly unrouted: RouteMetrics;
  /** All that can be told is known: the answer is sent, or the client has left. */
  onOver(exchange: Exchange): void;
  /** A handshake is answered: how long its tunnel lives is no latency. */
  onSwitched(exchange: Exchange): void;
  /** No byte will be added to a tunnel's any more, though some may still be on their way. */
  onTunnelEnd(exchange: Exchange): void;
}

const noHead = new RequestHead();

/**
 * One turn of a client's connection and its answer, as the client sees them: a request, a handshake with its tunnel, or
 * bytes that are no request. Answers are written to the socket directly: Node keeps the order and the life of the
 * connection, and what it would do to headers has been done already.
 */
export class Exchange implements AccessRecord, Speaker {
  readonly connection: ClientConnection;
  readonly request: GatewayRequest | undefined;
  readonly head: RequestHead;
  readonly id: string;
  readonly method: string;
  /** As the client sent it. */
  readonly target: string;
  readonly http10: boolean;
  /** A handshake that was taken: the parser is done, and the connection ends with whatever is no 101. */
  readonly upgrade: boolean;
  /** `performance.now()` at its begin. */
  readonly start: number;
  /** The client's address: the peer's, or what trusted proxies say. */
  client: string;
  /** Host that the request is for; the upstream gets the same. */
  host = "";
  /** Where it goes, once that is known. */
  state: RouteState | undefined;
  /** `host:port` that the request went to. */
  upstream: string | undefined;
  /** Why the gateway answered itself or cut the answer. */
  outcome: string | undefined;
  /** Whose doing that was. */
  fault: Refusal["fault"] | undefined;
  /** Why the connection, or the answer, ended with it. */
  close: string | undefined;
  /** Its place in a trace, when spans are exported. */
  trace: Trace | undefined;
  tunnel: Tunnel | undefined;
  /** Nothing more is taken from a client whose message was broken. */
  closesAnyway = false;
  /** The client's answer; 499: it left before it had one. */
  status = 499;
  bytesIn = 0;
  bytesOut = 0;
  durationMs = 0;
  queueMs: number | undefined;
  connectMs: number | undefined;
  firstByteMs: number | undefined;
  upstreamMs: number | undefined;
  retries: number | undefined;
  /** Who answers, when it is not the gateway itself. */
  answering: Answering | undefined;
  /** The upstream's CORS fields and `Vary`, which its own policy replaces. */
  corsGiven = "";
  varyGiven: string | undefined;
  /** The answer to a preflight, in place of all others. */
  ownCors: string | undefined;
  readonly #response: ServerResponse | undefined;
  readonly #host: ExchangeHost;
  #closing = false;
  #undelimited = false;
  #over = false;

  constructor(connection: ClientConnection, turn: Turn, host: ExchangeHost, start: number) {
    const { request } = turn;
    this.connection = connection;
    this.request = request;
    this.#response = turn.response;
    this.#host = host;
    this.start = start;
    this.client = connection.address;
    this.upgrade = turn.early !== undefined;
    this.head = request === undefined ? noHead : request.head;
    this.method = request?.method ?? "";
    this.target = request?.url ?? "";
    this.http10 = request?.httpVersionMinor === 0;
    const { requestId: given, requestIds } = this.head;
    // The client's id when it is well formed and the only one.
    this.id = given !== undefined && requestIds === 1 && isRequestId(given) ? given : newRequestId();
    connection.current = this;
  }

  get route(): string | undefined {
    return this.state?.route.name;
  }

  get traceId(): string | undefined {
    return this.trace?.traceId;
  }

  get metrics(): RouteMetrics {
    return this.state === undefined ? this.#host.unrouted : this.state.metrics;
  }

  get over(): boolean {
    return this.#over;
  }

  get deadline(): number {
    return this.answering === undefined ? Number.POSITIVE_INFINITY : this.answering.deadline;
  }

  onDeadline(now: number): void {
    this.answering?.onDeadline(now);
  }

  /** Whether the connection must end with this answer, and why. */
  #closeReason(): string | undefined {
    if (this.closesAnyway || this.#response === undefined) return "refused";
    if (!keepsAlive(this.#response)) return "asked";
    if (this.head.hasBody && this.request?.complete === false) return "unread_body";
    return this.#host.draining ? "drain" : undefined;
  }

  /** Decides whether the connection ends with this answer; a body that ends with the connection makes it so. */
  decideClose(undelimited = false): boolean {
    this.#undelimited = undelimited;
    const reason = this.#closeReason() ?? (undelimited ? "undelimited" : undefined);
    this.close ??= reason;
    this.#closing = reason !== undefined;
    return this.#closing;
  }

  get corsFields(): string {
    if (this.ownCors !== undefined) return this.ownCors;
    const policy = this.state?.cors;
    const given = this.varyGiven;
    if (policy === undefined)
      return given === undefined ? this.corsGiven : `${this.corsGiven}Vary: ${given}\r\n`;
    const vary = policy.vary(given);
    return fieldLines(policy.actual(this.head.origin)) + (vary === undefined ? "" : `Vary: ${vary}\r\n`);
  }

  get connectionField(): string {
    if (this.#closing) return "Connection: close\r\n";
    // What is kept must be said to HTTP/1.0 (RFC 9112 9.3, C.2.2).
    return this.http10 ? "Connection: keep-alive\r\n" : "";
  }

  /** Writes text of an answer, as latin1. */
  writeText(text: string): void {
    this.bytesOut += text.length;
    this.connection.socket.write(text, "latin1");
  }

  /** Writes a piece of an answer; the buffer must not change until the socket has sent it. */
  writeBytes(bytes: Buffer): void {
    this.bytesOut += bytes.length;
    this.connection.socket.write(bytes);
  }

  /** Answers by ourselves. @param fields as lines, each with its CRLF. */
  reply(status: number, body: string, type = "application/json", fields = ""): void {
    if (this.#over) return;
    this.status = status;
    this.decideClose();
    // A 204 has no body and must not announce one (RFC 9110 8.6).
    const content =
      status === 204 ? "" : `Content-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
    const head = responseHead(this, status, undefined, `${fields}Cache-Control: no-store\r\n${content}`);
    this.writeText(this.method === "HEAD" ? head : head + Buffer.from(body).toString("latin1"));
    this.finish();
  }

  /** Answers with what is wrong (RFC 9457). */
  refuse(refusal: Refusal): void {
    this.outcome = refusal.reason;
    this.fault = refusal.fault;
    this.reply(refusal.status, refusalBody(refusal, this.id), "application/problem+json", refusal.fields);
  }

  /** The answer is written whole: the next turn may begin, and what is told of this one waits until it is sent. */
  finish(now = performance.now()): void {
    if (this.#over) return;
    this.#over = true;
    this.answering = undefined;
    const { connection } = this;
    const { socket } = connection;
    this.durationMs = now - this.start;
    if (isWritten(socket) || !socket.writable) this.#host.onOver(this);
    else socket.write("", (error) => this.#onSent(error));
    this.request?.discardBody();
    if (this.#response !== undefined) releaseResponse(this.#response);
    if (this.#closing) connection.end(this.close ?? "asked");
    else connection.next(now);
  }

  #onSent(error: Error | null | undefined): void {
    this.durationMs = performance.now() - this.start;
    if (error) {
      this.outcome ??= "cut";
      this.close = this.connection.closeReason ?? "client";
    }
    this.#host.onOver(this);
  }

  /**
   * An answer that cannot be completed must not look whole (RFC 9112 8): the connection ends before what delimits it. It
   * ends in good order all the same, since a reset would take answers that the client has not read yet; unless the end of
   * the connection is what delimits the answer, or the client takes nothing.
   */
  cut(reason: string, atOnce = false): void {
    if (this.#over) return;
    this.outcome = "cut";
    this.close = reason;
    this.#end();
    const { connection } = this;
    connection.current = undefined;
    if (this.#undelimited) connection.reset(reason);
    else if (atOnce) connection.destroy(reason);
    else connection.end(reason);
  }

  /**
   * It must end now, and the connection with it: the request turned out to be no valid HTTP, or there is no place or no
   * time left for it.
   * @param why for the log.
   */
  abort(refusal: Refusal, why: string): void {
    this.closesAnyway = true;
    this.close ??= why;
    if (this.answering === undefined) this.refuse(refusal);
    else this.answering.onAborted(refusal, why);
  }

  /** A handshake was answered 101. */
  switched(tunnel: Tunnel): void {
    this.status = 101;
    this.durationMs = performance.now() - this.start;
    this.answering = tunnel;
    this.#host.onSwitched(this);
  }

  /** A tunnel is over: what its client has not taken yet is still sent, then the connection ends. */
  endTunnel(reason: string): void {
    this.close ??= reason;
    this.#closing = true;
    this.#host.onTunnelEnd(this);
    this.finish();
  }

  onClientDrain(): void {
    this.answering?.onClientDrain();
  }

  onClientEnd(): void {
    if (this.tunnel === undefined) this.connection.destroy("client");
    else this.tunnel.onClientEnd();
  }

  onClientGone(): void {
    if (this.#over) return;
    this.close ??= this.connection.closeReason ?? "client";
    this.answering?.onClientGone();
    this.#end();
  }

  #end(): void {
    this.#over = true;
    this.answering = undefined;
    this.durationMs = performance.now() - this.start;
    this.#host.onOver(this);
  }
}

/** A flat list of names and values as lines. */
export function fieldLines(flat: readonly string[]): string {
  let lines = "";
  for (let i = 0; i < flat.length; i += 2) lines += `${flat[i]}: ${flat[i + 1]}\r\n`;
  return lines;
}
