/** Somebody who wants to send a request to a route's upstream. */
export interface Applicant {
  onAdmitted(): void;
}

/** How many requests a route may have at its upstream, so that a slow one cannot hold everything. */
export class Admission {
  readonly #max: number;
  readonly #mostWaiting: number;
  #active = 0;
  readonly #waiting: Applicant[] = [];

  constructor(max: number, mostWaiting: number) {
    this.#max = max;
    this.#mostWaiting = mostWaiting;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** @returns "full" when it shall be refused. */
  enter(applicant: Applicant): "in" | "waiting" | "full" {
    if (this.#active < this.#max) {
      this.#active++;
      return "in";
    }
    if (this.#waiting.length >= this.#mostWaiting) return "full";
    this.#waiting.push(applicant);
    return "waiting";
  }

  /** Takes one that waits out of the queue. */
  forget(applicant: Applicant): void {
    const at = this.#waiting.indexOf(applicant);
    if (at >= 0) this.#waiting.splice(at, 1);
  }

  /** One that was let in is done: the next takes its place. */
  leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#active--;
    else next.onAdmitted();
  }
}
