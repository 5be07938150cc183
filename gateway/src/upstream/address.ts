import { type LookupAddress, lookup } from "node:dns";
import { isIP } from "node:net";

/** How long a resolver may take before what is known already is used all the same, milliseconds. */
const patience = 300;
/** How long an answer of the resolver is used before it is asked again, milliseconds. */
const freshMs = 2_000;

/** Told when the addresses are known; `code` is that of the resolver's error when none are. */
export type OnAddresses = (code: string | undefined) => void;

/**
 * Where an upstream is, followed as it moves: the name is asked again every two seconds while it is used, one question at
 * a time, since each takes a thread of the four that also write the log.
 */
export class UpstreamAddress {
  readonly host: string;
  readonly #literal: boolean;
  /** IP addresses, in the resolver's order. */
  known: readonly string[] = [];
  #askedAt = Number.NEGATIVE_INFINITY;
  #answeredAt = Number.NEGATIVE_INFINITY;
  #asking: OnAddresses[] | undefined;

  constructor(host: string) {
    // A bracketed IPv6 address is written so in URLs only.
    this.host = host.replace(/^\[(.*)\]$/, "$1");
    this.#literal = isIP(this.host) !== 0;
    if (this.#literal) this.known = [this.host];
  }

  /** Asks the resolver again when its last answer is old; what is known stays until there is a new answer. */
  refresh(now: number): void {
    if (!this.#literal && now - this.#askedAt >= freshMs) this.#ask(now);
  }

  /** Waits until what is known is fresh, so that no connection is opened to where the upstream was. */
  whenFresh(now: number, then: OnAddresses): void {
    if (this.#literal || now - this.#answeredAt < freshMs) return then(undefined);
    const asking = this.#ask(now);
    if (this.known.length === 0) return void asking.push(then);
    let told = false;
    const once = () => {
      clearTimeout(timer);
      if (!told) then(undefined);
      told = true;
    };
    const timer = setTimeout(once, patience);
    asking.push(once);
  }

  #ask(now: number): OnAddresses[] {
    if (this.#asking !== undefined) return this.#asking;
    const asking: OnAddresses[] = [];
    this.#asking = asking;
    this.#askedAt = now;
    lookup(this.host, { all: true }, (error, found: LookupAddress[] | undefined) => {
      this.#asking = undefined;
      // A resolver that fails for a moment must not cut connections that work.
      if (error === null && found !== undefined && found.length > 0) {
        this.known = found.map(({ address }) => address);
        this.#answeredAt = performance.now();
      }
      const code = this.known.length > 0 ? undefined : (error?.code ?? "ENOTFOUND");
      for (const then of asking) then(code);
    });
    return asking;
  }
}
