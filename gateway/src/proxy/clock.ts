/** The time of this turn of the loop, or of a moment before: exact enough for deadlines, and free to read. */
export class Clock {
  /** Milliseconds of `performance.now()`. */
  now = performance.now();

  /** Reads the time anew. */
  read(): number {
    this.now = performance.now();
    return this.now;
  }
}
