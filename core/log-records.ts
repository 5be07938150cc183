import { isCrash, type LogLevel, levelOfWords } from "./log-levels.ts";
import { goesOn, headOf, type LogHead, withoutControls } from "./log-shapes.ts";

/** A line of a log, with the moment at which whoever keeps the log received it. */
export interface LogLine {
  /** Milliseconds since 1970, with their fraction. */
  readonly time: number;
  readonly text: string;
}

/** Something that was logged: a line, and those that go on about it. */
export interface LogRecord {
  readonly time: number;
  readonly level: LogLevel | undefined;
  /** Its first line, without its time and level where they are known. */
  readonly text: string;
  /** The lines after the first, without control sequences. */
  readonly more: readonly string[];
  /** The requests that it is about; undefined where its shape has no place for one. */
  readonly ids: readonly string[] | undefined;
  /** The trace that it is a part of. */
  readonly trace: string | undefined;
  /** Its lines as they were written. */
  readonly lines: readonly string[];
  /** It goes on about the record before, which was told already. */
  readonly continues: boolean;
}

/** What of a record is kept together, lines; the rest of a longer one is told as one that goes on about it. */
const longest = 500;
/** A program writes what belongs together at once; within this time, milliseconds. */
const together = 300;
/** How far a program's own clock may be from that of whoever keeps its log, milliseconds: what it gathers before it writes. */
const gathered = 2000;

interface Open {
  readonly time: number;
  readonly head: LogHead | undefined;
  readonly first: string;
  readonly continues: boolean;
  readonly more: string[];
  readonly lines: string[];
}

/** Puts the lines of one log together to records. */
export class LogRecords {
  #open: Open | undefined;
  /** How the last line was, told already or not. */
  #last:
    | { readonly time: number; readonly blank: boolean; readonly head: LogHead | undefined; crash: boolean }
    | undefined;
  #time = 0;

  /** Takes a line. @returns the record that is whole with that. */
  push({ time, text }: LogLine): LogRecord | undefined {
    const shown = withoutControls(text);
    const head = headOf(shown);
    const last = this.#last;
    const crash = isCrash(shown);
    const belongs =
      last !== undefined &&
      head === undefined &&
      !crash &&
      time - last.time <= together &&
      follows(shown, last);
    const blank = shown.trim() === "";
    if (blank && (!belongs || this.#open === undefined)) {
      // A blank line that belongs to nothing says nothing.
      if (!belongs) this.#last = undefined;
      return this.end();
    }
    this.#last = {
      time,
      blank,
      head: belongs ? last.head : head,
      crash: belongs ? last.crash : crash,
    };
    if (belongs && this.#open !== undefined && this.#open.lines.length < longest) {
      this.#open.more.push(shown);
      this.#open.lines.push(text);
      return undefined;
    }
    const whole = this.end();
    this.#time = Math.max(this.#time, timeOf(head, time));
    this.#open = { time: this.#time, head, first: shown, continues: belongs, more: [], lines: [text] };
    return whole;
  }

  /** Tells what is there, without waiting for lines that may belong to it. */
  end(): LogRecord | undefined {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined) return undefined;
    const { time, head, first, more, lines, continues } = open;
    while (more.at(-1)?.trim() === "") more.pop();
    return {
      time,
      level: head === undefined ? worst([first, ...more]) : head.level,
      text: head?.text ?? first,
      more,
      ids: head?.ids,
      trace: head?.trace,
      lines,
      continues,
    };
  }
}

/** Whether a line of no shape belongs to the one before. */
function follows(
  line: string,
  last: { readonly blank: boolean; readonly head: LogHead | undefined; readonly crash: boolean },
): boolean {
  if (last.head?.more === "never") return false;
  return last.crash || last.head !== undefined || last.blank || goesOn(line);
}

/** A program's own time, where that is the one at which it was received: the gateway gathers lines before it writes them. */
function timeOf(head: LogHead | undefined, received: number): number {
  const own = head?.time;
  return own !== undefined && own <= received && received - own <= gathered ? own : received;
}

/** The worst level that the words of any line tell. */
function worst(lines: readonly string[]): LogLevel | undefined {
  const levels = new Set(lines.map(levelOfWords));
  return (["fatal", "error", "warn"] as const).find((level) => levels.has(level));
}
