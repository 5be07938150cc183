import { type LookupAddress, lookup } from "node:dns";
import { isIP, type LookupFunction } from "node:net";

/** How long an answer of the resolver is used before it is asked again, milliseconds. */
const freshMs = 2_000;

/**
 * Where an upstream is, followed as it moves: the name is asked again every two seconds while it is used, and a
 * connection to an address that is no longer among the answers is not used again. Several addresses take turns.
 */
export class UpstreamAddress {
  readonly host: string;
  readonly port: number;
  readonly #literal: boolean;
  #known: readonly LookupAddress[] = [];
  #turn = 0;
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(host: string, port: number) {
    // A bracketed IPv6 address is written so in URLs only.
    this.host = host.replace(/^\[(.*)\]$/, "$1");
    this.port = port;
    this.#literal = isIP(this.host) !== 0;
  }

  /** Whether an address is still one of this upstream's, as far as is known. */
  has(address: string | undefined): boolean {
    if (this.#literal || this.#known.length === 0 || address === undefined) return true;
    return this.#known.some((known) => known.address === address);
  }

  /** Asks the resolver again when its last answer is old; what is known stays until there is a new answer. */
  refresh(now: number): void {
    if (this.#literal || now - this.#askedAt < freshMs) return;
    this.#askedAt = now;
    lookup(this.host, { all: true }, (error, found) => {
      // A resolver that fails for a moment must not cut connections that work.
      if (error === null && found.length > 0) this.#known = found;
    });
  }

  /** For `net.connect`: fresh from the resolver, so that a connection is never opened to where the upstream was. */
  readonly lookup: LookupFunction = (_host, options, callback) => {
    lookup(this.host, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, [], undefined);
      this.#known = found;
      const first = this.#turn++ % found.length;
      const turned = [...found.slice(first), ...found.slice(0, first)];
      if (options.all === true) callback(null, turned);
      else callback(null, turned[0]?.address ?? "", turned[0]?.family);
    });
  };
}
