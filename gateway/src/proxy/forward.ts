import { type Refusal, refusalFor, refusals } from "../message/refusals.ts";
import type { ResponseHead } from "../message/response-head.ts";
import type { Applicant, Pass } from "../policy/gate.ts";
import { pauseReading, type ReadOutcome, type UpstreamConnection } from "../upstream/connection.ts";
import type { PoolUser } from "../upstream/pool.ts";
import { Answer } from "./answer.ts";
import type { Answering, Exchange } from "./exchange.ts";
import { expired, type ForwardContext, type Phase, repeatable, stale, withBody } from "./forward-phases.ts";
import type { RouteState } from "./route-state.ts";
import { Sending, type SendingOwner } from "./sending.ts";
import { isAcceptedBy } from "./tunnel.ts";
import { traceFields, upstreamHead } from "./upstream-request.ts";

/** One request or handshake on its way to its upstream and the answer back. Neither body is gathered in memory. */
export class Forward implements Applicant, PoolUser, SendingOwner, Answering {
  readonly method: string;
  readonly tunnel: boolean;
  readonly reusable: boolean;
  requestSent = false;
  deadline = Number.POSITIVE_INFINITY;
  readonly #exchange: Exchange;
  readonly #state: RouteState;
  readonly #context: ForwardContext;
  readonly #target: string;
  #phase: Phase = "queue";
  #pass: Pass | undefined;
  #connection: UpstreamConnection | undefined;
  #sending: Sending | undefined;
  #answer: Answer | undefined;
  /** It waits for the gate or for the pool. */
  #waitsFor: "gate" | "pool" | undefined;
  #askedAt = 0;
  #queuedAt = 0;
  #connectingAt = 0;
  #sentAt = 0;
  /** Since when the client holds the answer back; 0 while it does not. */
  #heldSince = 0;
  #heldMs = 0;
  #ended = false;
  #over = false;

  constructor(exchange: Exchange, state: RouteState, target: string, context: ForwardContext) {
    this.#exchange = exchange;
    this.#state = state;
    this.#target = target;
    this.#context = context;
    this.method = exchange.method;
    this.tunnel = exchange.upgrade;
    // After a HEAD an upstream may send the body all the same.
    this.reusable = this.method !== "HEAD" && (!exchange.head.hasBody || withBody.has(this.method));
    exchange.answering = this;
    exchange.upstream = state.upstream;
  }

  get client(): string {
    return this.#exchange.client;
  }

  get wantsUpgrade(): boolean {
    return this.tunnel;
  }

  /** Phases "limit" and "admit": sends the request as soon as there is room for it. */
  start(): void {
    const { now } = this.#context.clock;
    const { gate, queueTimeout } = this.#state;
    if (gate === undefined) return this.onAdmitted(undefined);
    this.#waitsFor = "gate";
    this.#wait("queue", now + queueTimeout);
    gate.enter(this, now);
    if (this.#waitsFor === "gate") this.#queuedAt = now;
  }

  onRefused(refusal: Refusal): void {
    this.#waitsFor = undefined;
    this.#abort(refusal, "refused");
  }

  onAdmitted(pass: Pass | undefined): void {
    this.#pass = pass;
    this.#waitsFor = undefined;
    this.#tellQueueTime();
    this.#acquire(false);
  }

  #tellQueueTime(): void {
    if (this.#queuedAt === 0) return;
    const queued = this.#context.clock.read() - this.#queuedAt;
    this.#queuedAt = 0;
    // Less is the way through the code, and to another process that counts.
    if (queued >= 1) this.#exchange.queueMs = (this.#exchange.queueMs ?? 0) + queued;
  }

  /** Phase "connect". */
  #acquire(fresh: boolean): void {
    const now = this.#context.clock.now;
    if (this.#askedAt === 0) this.#askedAt = now;
    this.#waitsFor = "pool";
    this.#wait("queue", now + this.#state.queueTimeout);
    const wanted = { fresh: fresh || this.tunnel, apart: this.tunnel };
    if (!this.#state.pool.acquire(this, now, wanted)) this.onRefused(refusals.overloaded);
    else if (this.#waitsFor === "pool" && this.#phase === "queue") this.#queuedAt = now;
  }

  onConnecting(): void {
    this.#tellQueueTime();
    this.#connectingAt = performance.now();
    this.#wait("connect", this.#connectingAt + this.#state.connectTimeout);
  }

  /** Phase "send". */
  onLent(connection: UpstreamConnection): void {
    const exchange = this.#exchange;
    const { clock } = this.#context;
    this.#waitsFor = undefined;
    this.#connection = connection;
    if (this.#connectingAt > 0) {
      exchange.connectMs = clock.read() - this.#connectingAt;
      this.#connectingAt = 0;
      exchange.metrics.connected(exchange.connectMs);
    }
    this.#tellQueueTime();
    this.#sentAt = clock.now;
    const { head } = exchange;
    const last = this.tunnel
      ? "Connection: Upgrade\r\nUpgrade: websocket\r\n"
      : head.transferEncoding !== undefined
        ? "Transfer-Encoding: chunked\r\n"
        : head.length >= 0
          ? `Content-Length: ${head.length}\r\n`
          : "";
    const text = upstreamHead(exchange, this.#target, last, traceFields(exchange));
    // A handshake has no end that another request could follow.
    if (!head.hasBody && !this.tunnel) this.requestSent = true;
    if (head.hasBody) this.#wait("body", clock.now + this.#context.bodyTimeout);
    else this.#wait("response", clock.now + this.#state.responseTimeout);
    const sending = new Sending(exchange, connection, text, this.#state.maxBodyBytes, this);
    if (!this.#over) this.#sending = sending;
  }

  onBodyProgress(blocked: boolean): void {
    if (this.#phase === "transfer") return this.#waitForUpstream();
    if (this.#phase !== "body" && this.#phase !== "response") return;
    const { now } = this.#context.clock;
    // An upstream that does not read is not the client's stall.
    if (blocked) this.#wait("response", now + this.#state.responseTimeout);
    else this.#wait("body", now + this.#context.bodyTimeout);
  }

  onBodyRefused(refusal: Refusal): void {
    this.#abort(refusal, "refused");
  }

  onRequestSent(): void {
    this.requestSent = true;
    if (this.#phase === "body") this.#wait("response", this.#context.clock.now + this.#state.responseTimeout);
  }

  onUpstreamDrain(): void {
    if (this.#sending?.blocked !== true) return;
    if (this.#phase === "response" && !this.requestSent)
      this.#wait("body", this.#context.clock.now + this.#context.bodyTimeout);
    this.#sending.onUpstreamDrain();
  }

  onInterim(head: ResponseHead): void {
    // HTTP/1.0 knows no interim answers (RFC 9110 15.2).
    if (this.#exchange.http10) return;
    this.#exchange.writeText(`HTTP/1.1 ${head.status} ${head.reason}\r\n${head.kept}${head.cors}\r\n`);
  }

  /** Phase "answer". */
  onHead(head: ResponseHead): void {
    const exchange = this.#exchange;
    exchange.firstByteMs = this.#context.clock.read() - this.#sentAt;
    exchange.metrics.firstByte(exchange.firstByteMs);
    this.#answer = new Answer(exchange, this.#state, head);
    if (head.eventStream && this.#connection !== undefined) {
      this.#state.pool.setApart(this.#connection);
      this.#pass?.becomeLong();
    }
    this.#waitForUpstream();
  }

  onBody(buffer: Buffer, start: number, end: number): void {
    this.#answer?.body(buffer, start, end);
  }

  onAnswerEnd(): void {
    this.#ended = true;
    this.#answer?.end();
  }

  afterRead(): ReadOutcome {
    const answer = this.#answer;
    // What was written before the answer broke off is still the client's to read.
    if (this.#over) return answer?.release() ?? 0;
    const { socket } = this.#exchange.connection;
    // Interim answers alone bring none, and may be more than the client takes.
    if (answer === undefined) return socket.writableNeedDrain ? pauseReading : 0;
    const kept = answer.flush();
    if (this.#ended) {
      const exchange = this.#exchange;
      const now = this.#context.clock.read();
      this.#tellUpstreamTime(now);
      this.#leave();
      exchange.finish(now);
      return kept;
    }
    if (!socket.writableNeedDrain) {
      this.#waitForUpstream();
      return kept;
    }
    this.#heldSince = this.#context.clock.read();
    this.#exchange.connection.takesSlowly();
    this.#wait("client", this.#context.clock.now + this.#context.sendTimeout);
    return kept | pauseReading;
  }

  /** A quiet event stream is no failure. */
  #waitForUpstream(): void {
    const { clock, transferTimeout } = this.#context;
    this.#wait(
      "transfer",
      this.#answer?.eventStream === true ? Number.POSITIVE_INFINITY : clock.now + transferTimeout,
    );
  }

  onClientDrain(): void {
    if (this.#over) return;
    if (this.#heldSince > 0) this.#heldMs += this.#context.clock.read() - this.#heldSince;
    this.#heldSince = 0;
    if (this.#answer !== undefined) this.#waitForUpstream();
    this.#connection?.resume();
  }

  /** Without the time for which the client held its answer back, which is not the service's. */
  #tellUpstreamTime(now: number): void {
    const exchange = this.#exchange;
    const held = this.#heldMs + (this.#heldSince > 0 ? now - this.#heldSince : 0);
    exchange.upstreamMs = now - this.#askedAt - held;
    exchange.metrics.upstreamDone(exchange.upstreamMs);
  }

  onClientGone(): void {
    const connection = this.#connection;
    if (connection !== undefined) this.#tellUpstreamTime(this.#context.clock.read());
    this.#leave();
    connection?.destroy();
  }

  onSwitched(head: ResponseHead, rest: Buffer): void {
    const connection = this.#connection;
    const exchange = this.#exchange;
    if (connection === undefined || !isAcceptedBy(head, exchange.head.webSocketKey))
      return this.#abort(refusals.badAnswer, "upstream");
    exchange.firstByteMs = this.#context.clock.read() - this.#sentAt;
    this.#over = true;
    this.#pass?.becomeLong();
    exchange.tunnel?.switch(connection, head, rest, this.#pass);
  }

  onDeadline(now: number): void {
    if (this.#phase === "client" && this.#exchange.connection.takesSlowly())
      return this.#wait("client", now + this.#context.sendTimeout);
    // Another address may do better.
    if (this.#phase === "response") this.#connection?.endpoint.avoid();
    this.#abort(expired[this.#phase], "timeout");
  }

  onAborted(refusal: Refusal, why: string): void {
    this.#abort(refusal, why);
  }

  onUpstreamFailed(code: string): void {
    if (this.#over) return;
    this.#waitsFor = undefined;
    const connection = this.#connection;
    // A kept connection may have been closed by the upstream just as it was taken: one more try, on a new one.
    if (
      connection?.reused === true &&
      !connection.answered &&
      this.#exchange.retries === undefined &&
      !this.#exchange.head.hasBody &&
      stale.has(code) &&
      repeatable.has(this.method)
    ) {
      this.#exchange.retries = 1;
      this.#connection = undefined;
      this.requestSent = false;
      this.#context.onRetry();
      return this.#acquire(true);
    }
    if (connection?.answered === false) connection.endpoint.avoid();
    this.#abort(refusalFor(code), "upstream");
  }

  /** Ends it without an answer of the upstream, or cuts the answer that has begun. */
  #abort(refusal: Refusal, why: string): void {
    if (this.#over) return;
    const connection = this.#connection;
    const exchange = this.#exchange;
    if (connection !== undefined) this.#tellUpstreamTime(this.#context.clock.read());
    this.#leave();
    connection?.destroy();
    if (this.#answer?.begun === true) exchange.cut(why, this.#phase === "client");
    else {
      exchange.corsGiven = "";
      exchange.varyGiven = undefined;
      exchange.close = why;
      exchange.refuse(refusal);
    }
  }

  #wait(phase: Phase, deadline: number): void {
    this.#phase = phase;
    this.deadline = deadline;
  }

  /** Leaves everything that knows of this request. */
  #leave(): void {
    if (this.#over) return;
    this.#over = true;
    this.#sending?.stop();
    this.#exchange.answering = undefined;
    if (this.#waitsFor === "gate") this.#state.gate?.forget(this);
    else if (this.#waitsFor === "pool") this.#state.pool.forget(this);
    this.#connection = undefined;
    this.#pass?.leave();
    this.#pass = undefined;
  }
}
