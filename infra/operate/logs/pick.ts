import { textsIn } from "../../../core/log-json.ts";
import { type LogLevel, logLevels } from "../../../core/log-levels.ts";
import type { LogRecord } from "../../../core/log-records.ts";

/** Which records are wanted; each of them must agree. */
export interface Wanted {
  readonly grep?: RegExp | undefined;
  /** This bad, or worse. */
  readonly level?: LogLevel | undefined;
  /** About this request. */
  readonly request?: string | undefined;
  /** Traces that the request is a part of; those that are found are put in. */
  readonly traces?: Set<string> | undefined;
}

/** Whether anything at all is left out. */
export const isPicky = ({ grep, level, request }: Wanted): boolean =>
  grep !== undefined || level !== undefined || request !== undefined;

/** Picks the records of one log; what goes on about a record has its fate. */
export class Picker {
  readonly #wanted: Wanted;
  #before = false;

  constructor(wanted: Wanted) {
    this.#wanted = wanted;
  }

  /** Whether a record is wanted. */
  takes(record: LogRecord): boolean {
    if (!(record.continues && this.#before)) this.#before = isWanted(record, this.#wanted);
    return this.#before;
  }
}

function isWanted(record: LogRecord, { grep, level, request, traces }: Wanted): boolean {
  const { text, more, lines } = record;
  // A line that tells no level is there for information.
  if (level !== undefined && logLevels.indexOf(record.level ?? "info") < logLevels.indexOf(level))
    return false;
  if (grep !== undefined && ![text, ...more, ...lines].some((line) => grep.test(line))) return false;
  if (request === undefined) return true;
  const { trace, ids = [] } = record;
  if (isAbout(record, request)) {
    if (trace !== undefined) traces?.add(trace);
    return true;
  }
  // What reads an event knows the trace alone; another request of the same trace is another one.
  return trace !== undefined && ids.length === 0 && traces?.has(trace) === true;
}

/** Whether a record is about a request: it says so, or one of its words is the request's id. The id is a text and no pattern. */
export function isAbout({ ids, lines }: Pick<LogRecord, "ids" | "lines">, request: string): boolean {
  if (ids?.includes(request)) return true;
  return lines.some((line) => {
    if (!line.includes(request)) return false;
    const value = jsonIn(line);
    return value === undefined ? hasWord(line, request) : textsIn(value).includes(request);
  });
}

function jsonIn(line: string): unknown {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** What an id may have in it, so that an id that goes on there is another one. Source: the gateway's grammar of ids. */
const ofAnId = /[A-Za-z0-9._~:/+=-]/;
/** What may stand right in front of an id, or end the sentence that it ends. */
const before = /[:=/]/;
const after = /[.:]/;

function hasWord(line: string, word: string): boolean {
  for (let at = line.indexOf(word); at >= 0; at = line.indexOf(word, at + 1)) {
    const left = line[at - 1];
    const right = line[at + word.length];
    const beyond = line[at + word.length + 1];
    const begins = left === undefined || !ofAnId.test(left) || before.test(left);
    const ends =
      right === undefined ||
      !ofAnId.test(right) ||
      (after.test(right) && (beyond === undefined || beyond === " "));
    if (begins && ends) return true;
  }
  return false;
}
