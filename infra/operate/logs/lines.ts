import type { LogLine } from "../../../core/log-records.ts";

/** What of a line is kept, characters. */
const longest = 262_144;
/** The moment in front of a line. Source: RFC 3339, with nanoseconds. */
const stamp = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d) ?/;

/** Finds whole lines in pieces of a log, each with the moment at which it was received in front of it. */
export class StampedLines {
  #rest = "";
  #last = 0;

  /** Takes a piece. @param goesOn it is the rest of a line, though it has its moment in front as well. */
  *push(piece: string, goesOn = false): Generator<LogLine> {
    const text = this.#rest + (goesOn && this.#rest !== "" ? piece.replace(stamp, "") : piece);
    const lines = text.split("\n");
    this.#rest = (lines.pop() ?? "").slice(0, longest);
    for (const line of lines) yield this.#line(line);
  }

  /** What is left of it when it ends in the middle of a line. */
  *end(): Generator<LogLine> {
    if (this.#rest !== "") yield this.#line(this.#rest);
    this.#rest = "";
  }

  #line(line: string): LogLine {
    const found = stamp.exec(line);
    if (found !== null) {
      const [, seconds, fraction = "0", zone] = found;
      // Microseconds are what a number holds.
      this.#last = Date.parse(`${seconds}${zone}`) + Number(`0.${fraction}`) * 1000;
    }
    const text = found === null ? line : line.slice(found[0].length);
    return { time: this.#last, text: text.slice(0, longest).replace(/\r$/, "") };
  }
}
