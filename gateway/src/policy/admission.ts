/** Somebody who waits for a place. */
export interface Waiting {
  onPlace(): void;
}

/** How many requests a route may have at its upstream, so that a slow one cannot hold everything. */
export class Admission {
  readonly #max: number;
  readonly #mostWaiting: number;
  #active = 0;
  #serving = false;
  readonly #waiting: Waiting[] = [];

  constructor(max: number, mostWaiting: number) {
    this.#max = max;
    this.#mostWaiting = mostWaiting;
  }

  /** @returns "full" when it shall be refused. */
  enter(applicant: Waiting): "in" | "waiting" | "full" {
    if (this.#active < this.#max) {
      this.#active++;
      return "in";
    }
    if (this.#waiting.length >= this.#mostWaiting) return "full";
    this.#waiting.push(applicant);
    return "waiting";
  }

  /** Takes one that waits out of the queue. */
  forget(applicant: Waiting): void {
    const at = this.#waiting.indexOf(applicant);
    if (at >= 0) this.#waiting.splice(at, 1);
  }

  /** One that was let in is done: the next takes its place. In a loop, since the next may be done at once. */
  leave(): void {
    this.#active--;
    if (this.#serving) return;
    this.#serving = true;
    while (this.#active < this.#max && this.#waiting.length > 0) {
      this.#active++;
      this.#waiting.shift()?.onPlace();
    }
    this.#serving = false;
  }
}
