import { mostJoined, writeJoined } from "../message/joined-write.ts";
import { type Problem, problemFor } from "../message/problem.ts";
import type { ResponseHead } from "../message/response-head.ts";
import { pauseReading, type ReadOutcome, type UpstreamConnection } from "../upstream/connection.ts";
import type { PoolUser } from "../upstream/pool.ts";
import type { Applicant } from "./admission.ts";
import { Answer } from "./answer.ts";
import type { Deadlines, Timed } from "./deadlines.ts";
import type { Answering, Exchange } from "./exchange.ts";
import type { BodySink } from "./incoming.ts";
import type { RouteState } from "./route-state.ts";
import { traceFields, upstreamHead } from "./upstream-request.ts";

/** What a forwarded request waits for; each has its own time limit and its own refusal. */
const Phase = {
  queue: "ERR_OVERLOADED",
  connect: "ERR_CONNECT_TIMEOUT",
  body: "ERR_BODY_TIMEOUT",
  response: "ERR_RESPONSE_TIMEOUT",
  transfer: "ERR_IDLE",
} as const;

/** Methods that may be sent twice (RFC 9110 9.2.2) and usually come without a body. */
const repeatable = new Set(["GET", "HEAD", "OPTIONS"]);

/** Limits and services that every forwarded request shares. */
export interface ForwardContext {
  readonly deadlines: Deadlines;
  /** Milliseconds without progress while a body is sent by the client. */
  readonly bodyTimeout: number;
  /** Milliseconds without progress while an answer is transferred. */
  readonly transferTimeout: number;
  /** `performance.now()` of the last sweep: exact enough for progress. */
  now(): number;
  onRetry(): void;
}

/** One request on its way to its upstream and the answer back. Neither body is gathered in memory. */
export class Forward implements PoolUser, BodySink, Timed, Answering, Applicant {
  readonly method: string;
  readonly wantsUpgrade = false;
  requestSent = false;
  deadline = Number.POSITIVE_INFINITY;
  earlier: Timed | undefined;
  later: Timed | undefined;
  readonly #exchange: Exchange;
  readonly #state: RouteState;
  readonly #context: ForwardContext;
  readonly #target: string;
  readonly #chunkedIn: boolean;
  readonly #hasBody: boolean;
  #phase: string = Phase.queue;
  #connection: UpstreamConnection | undefined;
  /** The request's head until it is written, perhaps together with its body. */
  #requestHead: string | undefined;
  #admitted = false;
  #retried = false;
  #upstreamBlocked = false;
  #over = false;
  #answer: Answer | undefined;
  #ended = false;

  constructor(exchange: Exchange, state: RouteState, target: string, context: ForwardContext) {
    this.#exchange = exchange;
    this.#state = state;
    this.#target = target;
    this.#context = context;
    this.method = exchange.method;
    this.#chunkedIn = exchange.head.transferEncoding !== undefined;
    this.#hasBody = this.#chunkedIn || exchange.head.length > 0;
    exchange.answering = this;
    exchange.upstream = state.upstream;
  }

  /** Sends the request as soon as there is room for it. */
  start(now: number): void {
    if (this.#exchange.head.length > this.#state.maxBodyBytes) return this.#refuse("ERR_BODY_TOO_LARGE");
    this.#context.deadlines.add(this);
    this.#wait(Phase.queue, now + this.#state.queueTimeout);
    const { admission } = this.#state;
    const entered = admission === undefined ? "in" : admission.enter(this);
    if (entered === "full") this.onFailure("ERR_OVERLOADED");
    else if (entered === "in") this.onAdmitted();
  }

  onAdmitted(): void {
    this.#admitted = true;
    if (this.#state.pool.acquire(this, this.#context.now()) === "full") this.onFailure("ERR_OVERLOADED");
  }

  onConnection(connection: UpstreamConnection): void {
    const exchange = this.#exchange;
    const { length, expect } = exchange.head;
    this.#connection = connection;
    if (connection.socket.connecting)
      this.#wait(Phase.connect, this.#context.now() + this.#state.connectTimeout);
    else this.onConnect();
    const framing = this.#chunkedIn
      ? "Transfer-Encoding: chunked\r\n"
      : length >= 0
        ? `Content-Length: ${length}\r\n`
        : "";
    const head = upstreamHead(exchange, this.#target, framing, traceFields(exchange));
    if (!this.#hasBody) {
      this.requestSent = true;
      connection.socket.write(head, "latin1");
      return;
    }
    this.#requestHead = head;
    if (expect !== undefined && !exchange.request.complete) exchange.response.writeContinue();
    // The first piece usually follows in the same turn, and then goes out with the head.
    process.nextTick(flushRequestHead, this);
    exchange.request.sendBodyTo(this);
  }

  onConnect(): void {
    this.#wait(...this.#afterConnect());
  }

  #afterConnect(): [string, number] {
    const now = this.#context.now();
    return !this.#hasBody || this.requestSent
      ? [Phase.response, now + this.#state.responseTimeout]
      : [Phase.body, now + this.#context.bodyTimeout];
  }

  onRequestBody(chunk: Buffer): boolean {
    const exchange = this.#exchange;
    exchange.bytesIn += chunk.length;
    if (this.#over) return true;
    if (exchange.bytesIn > this.#state.maxBodyBytes) {
      this.onFailure("ERR_BODY_TOO_LARGE");
      return true;
    }
    const socket = this.#connection?.socket;
    if (socket === undefined) return true;
    const head = this.#requestHead;
    let more: boolean;
    if (head !== undefined && !this.#chunkedIn && chunk.length <= mostJoined) {
      this.#requestHead = undefined;
      more = writeJoined(socket, head, chunk, 0, chunk.length);
    } else {
      socket.cork();
      this.flushRequestHead();
      if (this.#chunkedIn) socket.write(`${chunk.length.toString(16)}\r\n`, "latin1");
      more = socket.write(chunk);
      if (this.#chunkedIn) more = socket.write("\r\n", "latin1");
      process.nextTick(uncork, socket);
    }
    if (this.#phase === Phase.body) this.deadline = this.#context.now() + this.#context.bodyTimeout;
    if (more) return true;
    // An upstream that does not read is not the client's stall.
    this.#upstreamBlocked = true;
    if (this.#phase === Phase.body)
      this.#wait(Phase.response, this.#context.now() + this.#state.responseTimeout);
    return false;
  }

  onRequestEnd(): void {
    if (this.#over || this.#connection === undefined) return;
    const { socket } = this.#connection;
    if (this.#chunkedIn) {
      const head = this.#requestHead ?? "";
      this.#requestHead = undefined;
      socket.write(`${head}0\r\n\r\n`, "latin1");
    } else this.flushRequestHead();
    this.requestSent = true;
    if (this.#phase === Phase.body)
      this.#wait(Phase.response, this.#context.now() + this.#state.responseTimeout);
  }

  /** Writes the request's head unless that has been done. */
  flushRequestHead(): void {
    const head = this.#requestHead;
    if (head === undefined || this.#connection === undefined) return;
    this.#requestHead = undefined;
    this.#connection.socket.write(head, "latin1");
  }

  onUpstreamDrain(): void {
    if (!this.#upstreamBlocked) return;
    this.#upstreamBlocked = false;
    if (this.#phase === Phase.response && !this.requestSent)
      this.#wait(Phase.body, this.#context.now() + this.#context.bodyTimeout);
    this.#exchange.connection.socket.resume();
  }

  onInterim(head: ResponseHead): void {
    // HTTP/1.0 knows no interim answers (RFC 9110 15.2).
    if (this.#exchange.request.httpVersionMinor === 0) return;
    this.#exchange.connection.socket.write(
      `HTTP/1.1 ${head.status} ${head.reason}\r\n${head.kept}${head.cors}\r\n`,
      "latin1",
    );
  }

  onHead(head: ResponseHead): void {
    this.#answer = new Answer(this.#exchange, this.#state, head);
    this.#wait(
      Phase.transfer,
      head.eventStream ? Number.POSITIVE_INFINITY : this.#context.now() + this.#context.transferTimeout,
    );
  }

  onBody(buffer: Buffer, start: number, end: number): void {
    this.#answer?.body(buffer, start, end);
  }

  onEnd(): void {
    this.#ended = true;
    this.#answer?.end();
  }

  afterRead(): ReadOutcome {
    const answer = this.#answer;
    // An interim answer alone brings none.
    if (this.#over || answer === undefined) return 0;
    const kept = answer.flush();
    if (this.#ended) {
      this.#done();
      this.#exchange.finish(answer.closes);
      return kept;
    }
    const blocked = this.#exchange.connection.socket.writableNeedDrain;
    // A quiet event stream is no failure, a client that does not read is one.
    if (blocked || !answer.eventStream) this.deadline = this.#context.now() + this.#context.transferTimeout;
    return blocked ? kept | pauseReading : kept;
  }

  onClientDrain(): void {
    if (this.#over || this.#phase !== Phase.transfer) return;
    this.deadline =
      this.#answer?.eventStream === true
        ? Number.POSITIVE_INFINITY
        : this.#context.now() + this.#context.transferTimeout;
    this.#connection?.resume();
  }

  onClientGone(): void {
    const connection = this.#connection;
    this.#done();
    connection?.destroy();
  }

  onUpgrade(): void {
    this.onFailure("ERR_BAD_RESPONSE");
  }

  onDeadline(): void {
    this.onFailure(this.#phase);
  }

  onClientBroken(problem: Problem): void {
    const connection = this.#connection;
    this.#done();
    connection?.destroy();
    if (this.#answer?.begun === true) this.#exchange.cut();
    else this.#exchange.refuse(problem);
  }

  onFailure(code: string): void {
    if (this.#over) return;
    const connection = this.#connection;
    // A kept connection may have been closed by the upstream just as it was taken: one more try, on a new one.
    if (
      connection?.reused === true &&
      !connection.answered &&
      !this.#retried &&
      !this.#hasBody &&
      (code === "ERR_CLOSED" || code === "ECONNRESET" || code === "EPIPE") &&
      repeatable.has(this.method)
    ) {
      this.#retried = true;
      this.#connection = undefined;
      this.requestSent = false;
      this.#context.onRetry();
      if (this.#state.pool.acquire(this, this.#context.now(), true) !== "full") return;
    }
    this.#done();
    connection?.destroy();
    if (this.#answer?.begun === true) this.#exchange.cut();
    else this.#exchange.refuse(problemFor(code));
  }

  #refuse(code: string): void {
    this.#over = true;
    this.#exchange.answering = undefined;
    this.#exchange.refuse(problemFor(code));
  }

  #wait(phase: string, deadline: number): void {
    this.#phase = phase;
    this.deadline = deadline;
  }

  /** Leaves everything that knows of this request. */
  #done(): void {
    if (this.#over) return;
    this.#over = true;
    this.#answer?.uncork();
    this.#context.deadlines.remove(this);
    this.#exchange.answering = undefined;
    const { admission, pool } = this.#state;
    if (this.#connection === undefined) pool.forget(this);
    this.#connection = undefined;
    if (this.#admitted) admission?.leave();
    else admission?.forget(this);
  }
}

function flushRequestHead(forward: Forward): void {
  forward.flushRequestHead();
}

function uncork(socket: { uncork(): void }): void {
  socket.uncork();
}
