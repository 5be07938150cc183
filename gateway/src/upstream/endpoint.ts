import type { UpstreamConnection } from "./connection.ts";

/** How long an address that did not accept is only taken when nothing else is left, milliseconds. */
const avoidMs = 5_000;

/** One address of an upstream, with what is open to it. */
export class Endpoint {
  /** An IP address. */
  readonly address: string;
  /** Kept connections; the one used last is used first, so that a quiet pool shrinks. */
  readonly idle: UpstreamConnection[] = [];
  /** Requests under way. */
  busy = 0;
  /** The upstream's name leads here no more. */
  gone = false;
  #avoidUntil = Number.NEGATIVE_INFINITY;

  constructor(address: string) {
    this.address = address;
  }

  /** It did not accept. */
  avoid(): void {
    this.#avoidUntil = performance.now() + avoidMs;
  }

  /** It accepted. */
  trust(): void {
    this.#avoidUntil = Number.NEGATIVE_INFINITY;
  }

  isAvoided(now: number): boolean {
    return now < this.#avoidUntil;
  }
}
