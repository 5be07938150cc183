import { type Refusal, refusals } from "../message/refusals.ts";
import { type ClientSocket, leaveParser, stopParsing, stopWhenFull, type Unparsed } from "../node/parser.ts";
import { unsentBytes } from "../node/unsent.ts";
import type { Applicant, Gate, Pass } from "../policy/gate.ts";
import type { Exchange } from "../proxy/exchange.ts";
import { Reading } from "./reading.ts";
import { listenTo } from "./socket-events.ts";
import type { ClientState, ConnectionHost, Turn } from "./turn.ts";
import { TurnQueue } from "./turn-queue.ts";

/** How long one that was turned away may linger, milliseconds: there are too many as it is. */
const turnedAwayLinger = 1_000;
/** Requests answered at once in one turn of the loop: one read brings 2,000, and the others wait. */
const mostAtOnce = 4;
/** Milliseconds of one after which the others have their turn: a path of 32 KB costs a hundred short ones. */
const longAnswer = 0.1;

function onTurn(client: ClientConnection): void {
  client.onTurn();
}

/**
 * A client's connection. Its requests are handled one after the other, in order, so that answers cannot change places;
 * pipelined ones wait, and reading stops when {@link full}.
 */
export class ClientConnection implements Applicant {
  readonly socket: ClientSocket;
  /** The peer's address, IPv4 in its plain form. */
  readonly address: string;
  readonly trusted: boolean;
  readonly localPort: string;
  state: ClientState = "open";
  /** The turn under way, which has a deadline of its own. */
  current: Exchange | undefined;
  /** Milliseconds of `performance.now()`: when its last request ended. */
  idleSince: number;
  /** Why this side closed it. */
  closeReason: string | undefined;
  readonly reading = new Reading(this);
  readonly #host: ConnectionHost;
  /** Made when first needed: most connections never pipeline. */
  #queue: TurnQueue | undefined;
  /** A head has begun behind the turn under way, and is late; Node has said so, and will not say it again. */
  #lateHead = false;
  /** {@link #advance} is under way further up the stack. */
  #advancing = false;
  /** Turns begun and answered without waiting for anything. */
  #atOnce = 0;
  /** It goes on in the next turn of the loop. */
  #yields = false;
  /** Of the state; nothing of it counts while {@link current} is there. */
  #deadline: number;
  /** Bytes that were unsent at the last look: fewer are progress. */
  #unsent = 0;
  #lingerEnd = 0;
  /** Its place among the connections of its client. */
  #gate: Gate | undefined;
  #pass: Pass | undefined;
  #turnedAway = false;

  constructor(socket: ClientSocket, host: ConnectionHost, trusts: (address: string) => boolean) {
    this.socket = socket;
    this.#host = host;
    this.address = (socket.remoteAddress ?? "").replace(/^::ffff:/, "");
    this.localPort = String(socket.localPort ?? "");
    this.trusted = trusts(this.address);
    this.idleSince = host.now;
    this.#deadline = host.now + host.limits.clientIdle;
    socket.gatewayClient = this;
    stopWhenFull(socket);
    listenTo(socket);
  }

  /** Connections are counted by their peer's address. */
  get client(): string {
    return this.address;
  }

  /** A connection is long by nature. */
  get tunnel(): boolean {
    return true;
  }

  /** Asks whether its client may have one more. It is served until the answer comes, which may be later. */
  enter(gate: Gate): void {
    this.#gate = gate;
    gate.enter(this, this.#host.now);
  }

  onAdmitted(pass: Pass | undefined): void {
    this.#gate = undefined;
    this.#pass = pass;
  }

  onRefused(): void {
    this.#gate = undefined;
    this.#host.onTooMany();
    this.turnAway();
  }

  /** There is no place for it: it is told so where that can still be said, and closed soon. */
  turnAway(): void {
    this.#turnedAway = true;
    const { current } = this;
    if (current === undefined) this.refuse({ refusal: refusals.tooManyConnections });
    else current.abort(refusals.tooManyConnections, "refused");
  }

  /** Ends what is under way: the drain is over. */
  giveUp(): void {
    const first = this.#queue?.first;
    if (this.current === undefined && first !== undefined) {
      first.refusal = refusals.draining;
      this.#advance(Number.POSITIVE_INFINITY);
    } else if (this.current === undefined) this.destroy("drain");
    else this.current.abort(refusals.draining, "drain");
  }

  /** Whether no further request shall be parsed for now. */
  get full(): boolean {
    return this.state !== "open" || this.#queue?.full === true;
  }

  /** Whether it waits for a request and has nothing to send. */
  get idle(): boolean {
    return this.state === "open" && !this.busy && this.socket.writableLength === 0;
  }

  /** Whether requests are under way or wait, for which reading may have stopped. */
  get busy(): boolean {
    return (
      this.current !== undefined || this.reading.held || (this.#queue !== undefined && this.#queue.length > 0)
    );
  }

  /** Whether nothing is lost when it is closed: what it had to say is sent. */
  get done(): boolean {
    return this.idle || this.state === "lingering";
  }

  /** Takes a request, for now or for after the ones before it. */
  take(turn: Turn): void {
    if (this.state !== "open") return turn.request?.discardBody();
    this.#lateHead = false;
    this.#queue ??= new TurnQueue();
    this.#queue.push(turn, this.busy);
    this.#advance();
  }

  /** Takes a handshake; the parser is done with the socket. */
  takeHandshake(turn: Turn): void {
    if (this.state !== "open") return this.destroy("refused");
    this.state = "tunnel";
    leaveParser(this.socket);
    this.#host.begin(this, turn);
  }

  /** Something after which nothing more is read: it is answered in its turn, and the connection ends. */
  refuse(turn: Turn): void {
    if (this.state !== "open") return;
    this.state = "refusing";
    this.socket.pause();
    this.#queue ??= new TurnQueue();
    this.#queue.push(turn, true);
    this.#advance();
  }

  /** The head that has begun did not arrive in time. One that lies unread behind other requests may be whole. */
  onLateHead(): void {
    if (this.busy) this.#lateHead = true;
    else this.refuse({ refusal: refusals.headTimeout });
  }

  /** The request that is being read broke off: what is known of it is refused in its turn. @returns false for none. */
  refuseUnfinished(refusal: Refusal): boolean {
    const last = this.#queue?.last;
    if (last?.request?.complete === false) {
      last.refusal = refusal;
      this.state = "refusing";
      this.socket.pause();
      return true;
    }
    const { current } = this;
    if (this.#queue?.length || current?.request === undefined || current.request.complete) return false;
    current.abort(refusal, "client");
    return true;
  }

  /** The parser has stopped, since the connection is {@link full}. */
  hold(left: Unparsed): void {
    if (this.state !== "open") return;
    this.reading.hold(left);
    this.#advance();
  }

  /** The current turn is answered. */
  next(now: number): void {
    if (!this.#advancing) this.#atOnce = 0;
    else if (this.current !== undefined && now - this.current.start > longAnswer) this.#atOnce = mostAtOnce;
    this.current = undefined;
    this.reading.onTurnOver();
    this.idleSince = now;
    const { clientIdle, headersTimeout, sendTimeout } = this.#host.limits;
    const unsent = this.socket.writableLength > 0;
    if (unsent) this.takesSlowly();
    this.#deadline = now + (unsent ? sendTimeout : this.#lateHead ? headersTimeout : clientIdle);
    this.#advance();
  }

  /** Begins what waits, in a loop: many turns may be over at once, and none is begun that the client does not take. */
  #advance(most = mostAtOnce): void {
    if (this.#advancing) return;
    const queue = this.#queue;
    if (queue === undefined) return;
    this.#advancing = true;
    while (
      this.current === undefined &&
      queue.length > 0 &&
      (this.state === "open" || this.state === "refusing") &&
      !this.socket.writableNeedDrain &&
      this.#atOnce < most
    ) {
      this.#atOnce++;
      this.#host.begin(this, queue.shift() as Turn);
    }
    this.#advancing = false;
    if (this.#atOnce >= mostAtOnce && !this.#yields) {
      this.#yields = true;
      setImmediate(onTurn, this);
    }
    if (!this.reading.held || this.state !== "open" || this.socket.writableNeedDrain) return;
    if (!queue.hasRoom) return;
    this.reading.goOn();
  }

  /**
   * Ends the connection: what was written is sent, then what still arrives is read over for a while. Closing at once
   * with unread bytes would reset the connection, and the client would lose the answer (RFC 9112 9.6).
   */
  end(reason: string): void {
    this.current = undefined;
    if (this.state === "closed" || this.socket.destroyed) return;
    this.closeReason ??= reason;
    this.state = "flushing";
    this.#queue = undefined;
    this.takesSlowly();
    this.#deadline = this.#host.now + this.#host.limits.sendTimeout;
    stopParsing(this.socket);
    if (this.socket.writableFinished) this.onAllSent();
    else this.socket.end();
  }

  /** Closes it now, whatever is unsent. */
  destroy(reason: string): void {
    this.closeReason ??= reason;
    this.state = "closed";
    this.socket.destroy();
  }

  /** Closes it now, so that the client sees that it is broken. */
  reset(reason: string): void {
    this.closeReason ??= reason;
    this.state = "closed";
    this.socket.resetAndDestroy();
  }

  onAllSent(): void {
    if (this.state !== "flushing") return;
    if (this.socket.readableEnded) return this.destroy("answered");
    const { linger, lingerMax } = this.#host.limits;
    this.state = "lingering";
    this.idleSince = this.#host.now;
    this.#lingerEnd = this.#host.now + (this.#turnedAway ? turnedAwayLinger : lingerMax);
    this.#deadline = Math.min(this.#host.now + linger, this.#lingerEnd);
  }

  /** Bytes came after the end. */
  onReadOver(): void {
    if (this.state === "lingering")
      this.#deadline = Math.min(this.#host.now + this.#host.limits.linger, this.#lingerEnd);
  }

  /** Called before Node's own listener, which ends our side: what can be answered at once still is. */
  onClientEnd(): void {
    if (this.state === "open" && this.current === undefined) this.#advance(Number.POSITIVE_INFINITY);
    if (this.state === "lingering") this.destroy("answered");
    else if (this.state === "tunnel") this.current?.onClientEnd();
  }

  onDrain(): void {
    this.current?.onClientDrain();
    this.reading.onTaken();
    this.#advance();
  }

  /** The others have had their turn. */
  onTurn(): void {
    this.#yields = false;
    this.#atOnce = 0;
    this.#advance();
  }

  onSocketClosed(): void {
    this.state = "closed";
    this.#queue = undefined;
    const { current } = this;
    this.current = undefined;
    current?.onClientGone();
    this.#gate?.forget(this);
    this.#pass?.leave();
    this.#host.onClosed(this);
  }

  /** Ends what has lasted too long. */
  sweep(now: number): void {
    const { current } = this;
    if (current !== undefined) {
      if (current.deadline <= now) current.onDeadline(now);
    } else if (this.#deadline <= now) this.#expire(now);
  }

  /** Whether it has taken anything of what it is sent since the last look. */
  takesSlowly(): boolean {
    const before = this.#unsent;
    this.#unsent = unsentBytes(this.socket);
    return this.#unsent < before;
  }

  #expire(now: number): void {
    const unsent = this.socket.writableLength;
    if (unsent > 0 && this.takesSlowly()) this.#deadline = now + this.#host.limits.sendTimeout;
    else if (unsent > 0) this.destroy("send_timeout");
    else if (this.state === "lingering") this.destroy("answered");
    else if (this.state === "flushing") this.destroy("send_timeout");
    else if (this.#queue?.first !== undefined) return;
    else if (this.#lateHead) this.refuse({ refusal: refusals.headTimeout });
    else if (now - this.idleSince >= this.#host.limits.clientIdle) this.destroy("idle");
    else this.#deadline = this.idleSince + this.#host.limits.clientIdle;
  }
}
