/** Something that may take only so long. Links are the list's own. */
export interface Timed {
  /** Milliseconds of `performance.now()`. */
  deadline: number;
  onDeadline(now: number): void;
  earlier: Timed | undefined;
  later: Timed | undefined;
}

/**
 * Everything under way that has a deadline, looked through a few times a second: one sweep instead of a timer per
 * request. A list whose links lie in its members costs no allocation as they come and go.
 */
export class Deadlines {
  #first: Timed | undefined;

  add(timed: Timed): void {
    timed.later = this.#first;
    timed.earlier = undefined;
    if (this.#first !== undefined) this.#first.earlier = timed;
    this.#first = timed;
  }

  remove(timed: Timed): void {
    if (timed.earlier !== undefined) timed.earlier.later = timed.later;
    else if (this.#first === timed) this.#first = timed.later;
    if (timed.later !== undefined) timed.later.earlier = timed.earlier;
    timed.earlier = undefined;
    timed.later = undefined;
  }

  sweep(now: number): void {
    for (let timed = this.#first; timed !== undefined; ) {
      // A member may leave the list while its deadline is dealt with.
      const next = timed.later;
      if (timed.deadline <= now) timed.onDeadline(now);
      timed = next;
    }
  }
}
