import type { LogLine } from "../../../core/log-records.ts";
import type { LogSource } from "./place.ts";

/** What is read of a log first. */
export interface First {
  readonly since?: number | undefined;
  readonly tail?: number | undefined;
}

/**
 * Reads one log again and again, each line once: it remembers when the last line was written, and how many were at that moment.
 * What keeps a log may give some lines over again when it is asked from a time on; a cluster knows whole seconds only.
 */
export class Cursor {
  readonly #first: First;
  #last: number | undefined;
  #alike = 0;

  constructor(first: First = {}) {
    this.#first = first;
  }

  /** The lines that have not been read yet. */
  async *read(source: LogSource, follow: boolean, signal: AbortSignal): AsyncGenerator<LogLine> {
    const from = this.#last;
    let over = this.#alike;
    let known = from !== undefined;
    const options =
      from === undefined
        ? { ...this.#first, ...(follow && { tail: undefined }), follow, resumed: false, signal }
        : { since: from, follow, resumed: true, signal };
    for await (const line of source.lines(options)) {
      if (known && from !== undefined) {
        if (line.time < from) continue;
        if (line.time === from && over > 0) {
          over--;
          continue;
        }
        known = false;
      }
      this.#note(line.time);
      yield line;
    }
  }

  #note(time: number): void {
    if (this.#last !== undefined && time < this.#last) return;
    this.#alike = time === this.#last ? this.#alike + 1 : 1;
    this.#last = time;
  }
}
