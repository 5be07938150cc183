import {
  type ClientSocket,
  goOn,
  keepUnparsed,
  readInSlices,
  readOn,
  type Unparsed,
} from "../node/parser.ts";
import type { ClientState } from "./turn.ts";

/** Whose socket it is. */
interface Reader {
  readonly socket: ClientSocket;
  readonly state: ClientState;
}

/**
 * How a client's socket is read while its bytes are HTTP. Everything that keeps it from being read is known here, and
 * nobody else resumes it: whoever did would feed a parser that is stopped, or read what nobody has room for.
 */
export class Reading {
  /** The parser stopped in the middle of what it was given, and must not be fed. */
  held = false;
  readonly #of: Reader;
  /** Whoever takes the body of the current request takes no more for now. */
  #blocked = false;
  /** A request that waits its turn has got the beginning of its body. */
  #early = false;
  /** The client does not take its answers; Node has said so as the next request came. */
  #untaken = false;
  /** The next slice is for the next turn of the loop. */
  #waits = false;
  /** Node hands over what it has read; until then its parser reads by itself. */
  #asStream = false;
  #sliced = false;

  constructor(of: Reader) {
    this.#of = of;
  }

  /** Whether anything keeps the socket from being read. */
  get stopped(): boolean {
    if (this.#of.state !== "open") return this.#of.state === "refusing";
    return this.held || this.#blocked || this.#early || this.#untaken || this.#waits;
  }

  /** The parser has stopped. */
  hold(left: Unparsed): void {
    // A parser that is fed while it is held takes nothing, and its place in the bytes is that of the time before.
    keepUnparsed(this.#of.socket, this.held ? { ...left, bytesParsed: 0 } : left, !this.#asStream);
    this.#asStream = true;
    this.held = true;
  }

  /** The parser goes on. */
  goOn(): void {
    this.held = false;
    goOn(this.#of.socket);
    this.#readOn();
  }

  /** Reads no more of the current request's body. */
  block(): void {
    this.#blocked = true;
    this.#of.socket.pause();
  }

  /** Reads on for it. */
  unblock(): void {
    this.#blocked = false;
    this.#readOn();
  }

  /** Reads no more of a body that waits. @param waits false: somebody takes it now. */
  set early(waits: boolean) {
    if (this.#early === waits) return;
    this.#early = waits;
    if (waits) this.#of.socket.pause();
    else this.#readOn();
  }

  /** Node pauses the socket. */
  onUntaken(): void {
    this.#untaken = true;
  }

  /** The client takes its answers again. */
  onTaken(): void {
    if (!this.#untaken) return;
    this.#untaken = false;
    this.#readOn();
  }

  /** The turn is over: its upstream may have answered without taking all of the body. */
  onTurnOver(): void {
    if (this.#blocked) this.unblock();
  }

  /** What comes is in pieces so small that parsing one read of them holds up everybody else: a little at a time, then. */
  slice(): void {
    if (this.#sliced) return;
    this.#sliced = true;
    this.#waits = true;
    this.#of.socket.pause();
    setImmediate(() => {
      this.#waits = false;
      if (this.#of.state !== "open") return;
      readInSlices(
        this.#of.socket,
        !this.#asStream,
        () => {
          this.#waits = true;
        },
        () => {
          this.#waits = false;
          this.#readOn();
        },
      );
      this.#asStream = true;
      this.#readOn();
    });
  }

  #readOn(): void {
    if (this.#of.state === "open" && !this.stopped) readOn(this.#of.socket);
  }
}
