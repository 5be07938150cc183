import { type ClientSocket, goOn, keepUnparsed, readInSlices, type Unparsed } from "../node/parser.ts";
import type { ClientState } from "./turn.ts";

/** Whose socket it is. */
interface Reader {
  readonly socket: ClientSocket;
  readonly state: ClientState;
}

/** How a client's socket is read while its bytes are HTTP, and what keeps it from being read. */
export class Reading {
  /** The parser stopped in the middle of what it was given, and must not be fed. */
  held = false;
  readonly #of: Reader;
  /** Whoever takes the body of the current request takes no more for now. */
  #blocked = false;
  /** Node hands over what it has read; until then its parser reads by itself. */
  #asStream = false;
  #sliced = false;

  constructor(of: Reader) {
    this.#of = of;
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

  /** The turn is over: its upstream may have answered without taking all of the body. */
  next(): void {
    if (this.#blocked) this.unblock();
  }

  /** What comes is in pieces so small that parsing one read of them holds up everybody else: a little at a time, then. */
  slice(): void {
    if (this.#sliced) return;
    this.#sliced = true;
    this.#of.socket.pause();
    setImmediate(() => {
      if (this.#of.state !== "open") return;
      readInSlices(this.#of.socket, !this.#asStream, () => this.#readOn());
      this.#asStream = true;
      this.#readOn();
    });
  }

  #readOn(): void {
    if (this.#of.state === "open" && !this.held && !this.#blocked) this.#of.socket.resume();
  }
}
