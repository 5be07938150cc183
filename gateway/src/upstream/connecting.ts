import type { Socket } from "node:net";
import { UpstreamConnection } from "./connection.ts";
import type { Endpoint } from "./endpoint.ts";

/** How long an address may take before the next one is tried beside it, milliseconds (RFC 8305 5: 250 ms). */
const attemptDelay = 250;

/** What becomes of a search for a connection; exactly one is called, unless it is given up. */
export interface ConnectingOwner {
  onUpstreamConnected(connection: UpstreamConnection): void;
  /** @param code of the last address that failed. */
  onNoConnection(code: string): void;
}

/**
 * One connection to an upstream, by its addresses one after the other: the next one when an address refuses, or does not
 * answer for a while. The first that accepts is taken, and the others are closed.
 */
export class Connecting {
  readonly #owner: ConnectingOwner;
  readonly #endpoints: readonly Endpoint[];
  readonly #port: number;
  readonly #trying = new Map<Endpoint, UpstreamConnection>();
  #next = 0;
  #timer: NodeJS.Timeout | undefined;
  #lastCode = "ENOTFOUND";
  #over = false;

  /** @param endpoints in the order in which they shall be tried. */
  constructor(endpoints: readonly Endpoint[], port: number, owner: ConnectingOwner) {
    this.#endpoints = endpoints;
    this.#port = port;
    this.#owner = owner;
    this.#tryNext();
  }

  /** Nobody waits for it any more. */
  giveUp(): void {
    this.#end();
    for (const connection of this.#trying.values()) connection.destroy();
  }

  #tryNext(): void {
    clearTimeout(this.#timer);
    const endpoint = this.#endpoints[this.#next++];
    if (endpoint === undefined) return;
    const connection = new UpstreamConnection(endpoint, this.#port);
    this.#trying.set(endpoint, connection);
    const { socket } = connection;
    socket.once("connect", () => this.#onConnected(endpoint, connection));
    socket.once("error", (error: NodeJS.ErrnoException) => this.#onFailed(endpoint, socket, error.code));
    if (this.#next < this.#endpoints.length) this.#timer = setTimeout(() => this.#tryNext(), attemptDelay);
  }

  #onConnected(endpoint: Endpoint, connection: UpstreamConnection): void {
    if (this.#over) return connection.destroy();
    this.#end();
    this.#trying.delete(endpoint);
    endpoint.trust();
    for (const [other, slower] of this.#trying) {
      other.avoid();
      slower.destroy();
    }
    this.#owner.onUpstreamConnected(connection);
  }

  #onFailed(endpoint: Endpoint, socket: Socket, code = "ERR_SOCKET"): void {
    if (this.#over || this.#trying.get(endpoint)?.socket !== socket) return;
    this.#trying.delete(endpoint);
    this.#lastCode = code;
    endpoint.avoid();
    if (this.#next < this.#endpoints.length) return this.#tryNext();
    if (this.#trying.size > 0) return;
    this.#end();
    this.#owner.onNoConnection(this.#lastCode);
  }

  #end(): void {
    this.#over = true;
    clearTimeout(this.#timer);
  }
}
