import type { RateLimiter } from "../edge/rate-limit.ts";
import { type Refusal, rateLimited, refusals } from "../message/refusals.ts";
import type { Admission, Waiting } from "./admission.ts";
import type { Places } from "./places.ts";

/** A request or handshake that wants to go to its upstream. */
export interface Applicant {
  /** The client's address. */
  readonly client: string;
  /** Whether it asks for a tunnel, which lasts and is counted apart. */
  readonly tunnel: boolean;
  /** @param pass to be given back once; undefined when there is nothing to give back. */
  onAdmitted(pass: Pass | undefined): void;
  onRefused(refusal: Refusal): void;
}

/** What a request holds while it is at its upstream. */
export interface Pass {
  /** It turned out to last, as an event stream or a tunnel: it shall not take the place of a request any more. */
  becomeLong(): void;
  leave(): void;
}

/** The limits of one route, in the order in which they are asked: rate, tunnels, requests at once. */
export interface Gate {
  /** Answers now or later, once. */
  enter(applicant: Applicant, now: number): void;
  /** It does not wait any more. */
  forget(applicant: Applicant): void;
}

/** What a {@link LocalGate} is made of; each part may be absent. */
export interface GateParts {
  readonly limiter: RateLimiter | undefined;
  readonly requests: Admission | undefined;
  readonly tunnels: Places | undefined;
}

/** A gate whose counts lie in this process. */
export class LocalGate implements Gate {
  readonly #parts: GateParts;
  readonly #waiting = new Map<Applicant, LocalPass>();

  constructor(parts: GateParts) {
    this.#parts = parts;
  }

  enter(applicant: Applicant, now: number): void {
    const { limiter, requests, tunnels } = this.#parts;
    const wait = limiter?.take(applicant.client, now) ?? 0;
    if (wait > 0) return applicant.onRefused(rateLimited(wait));
    if (requests === undefined && tunnels === undefined) return applicant.onAdmitted(undefined);
    const pass = new LocalPass(this.#parts, applicant, this.#waiting);
    if (applicant.tunnel && tunnels !== undefined) {
      if (!tunnels.take(applicant.client)) return applicant.onRefused(refusals.tooManyTunnels);
      pass.long = true;
    }
    const entered = requests === undefined ? "in" : requests.enter(pass);
    if (entered === "waiting") this.#waiting.set(applicant, pass);
    else if (entered === "in") pass.onPlace();
    else {
      pass.leave();
      applicant.onRefused(refusals.overloaded);
    }
  }

  forget(applicant: Applicant): void {
    const pass = this.#waiting.get(applicant);
    if (pass === undefined) return;
    this.#waiting.delete(applicant);
    this.#parts.requests?.forget(pass);
    pass.leave();
  }
}

class LocalPass implements Pass, Waiting {
  /** It has a place among those that last. */
  long = false;
  /** It has a place among the requests. */
  #short = false;
  readonly #parts: GateParts;
  readonly #applicant: Applicant;
  readonly #waiting: Map<Applicant, LocalPass>;

  constructor(parts: GateParts, applicant: Applicant, waiting: Map<Applicant, LocalPass>) {
    this.#parts = parts;
    this.#applicant = applicant;
    this.#waiting = waiting;
  }

  onPlace(): void {
    this.#short = this.#parts.requests !== undefined;
    this.#waiting.delete(this.#applicant);
    this.#applicant.onAdmitted(this);
  }

  becomeLong(): void {
    // One that finds no place keeps that of a request, and so is counted all the same.
    this.long ||= this.#parts.tunnels?.take(this.#applicant.client) ?? false;
    if (this.long) this.#leaveShort();
  }

  leave(): void {
    if (this.long) this.#parts.tunnels?.free(this.#applicant.client);
    this.long = false;
    this.#leaveShort();
  }

  #leaveShort(): void {
    if (!this.#short) return;
    this.#short = false;
    this.#parts.requests?.leave();
  }
}
