import { Output } from "./output.ts";
import { redactPath, redactQuery } from "./redact.ts";

/** What is logged of one request. Strings hold what the wire carried, one character a byte. */
export interface AccessRecord {
  readonly id: string;
  readonly method: string;
  /** The request target, query included; secrets in it are taken out here. */
  readonly target: string;
  /** 499 when the client left before it had an answer. */
  readonly status: number;
  readonly durationMs: number;
  /** Milliseconds that the request waited for a place at its upstream. */
  readonly queueMs?: number | undefined;
  /** When a connection was opened for it: milliseconds from the look-up of the name until it was there. */
  readonly connectMs?: number | undefined;
  /** Milliseconds from the moment a connection had the request until the first byte of the final answer. */
  readonly firstByteMs?: number | undefined;
  /** Milliseconds from the first try to get a connection until the upstream's answer was complete. */
  readonly upstreamMs?: number | undefined;
  /** Attempts repeated on another connection; logged when there were any. */
  readonly retries?: number | undefined;
  /** Why the connection or the answer ended with this request: a word of the code. */
  readonly close?: string | undefined;
  /** Bytes of the request's body, or of everything a tunnel took in. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly route: string | undefined;
  readonly client: string;
  readonly upgrade?: boolean | undefined;
  /** `host:port` that answered. */
  readonly upstream?: string | undefined;
  readonly traceId?: string | undefined;
  /** Why the gateway answered itself, e.g. `rate_limited`. */
  readonly outcome?: string | undefined;
  /** Whose doing that is: `client`, `gateway` or `upstream`. */
  readonly fault?: string | undefined;
}

/** How an {@link AccessLog} writes. */
export interface AccessLogOptions {
  /** False logs events only. */
  readonly requests?: boolean;
  /** Takes whole lines; default: standard output. Returns false when it has no room, and takes nothing then. */
  readonly write?: (lines: string) => unknown;
  /** Largest single write, bytes; 4096 when several processes share one pipe. */
  readonly chunk?: number;
}

const flushLength = 32_768;
const flushMs = 200;
/** Milliseconds that a slow reader gets at the end. */
const patience = 1_000;
/** Longest path, query or foreign text in a line, characters: a line stays below 64 KiB whatever was sent. */
const longest = 4_096;
const needsEscape = /[^\x20\x21\x23-\x5b\x5d-\x7e]/;
const notAscii = /[^\x00-\x7e]/g;

/** JSON in ASCII: one character is one byte, so lines are copied out as they lie. */
const json = (value: unknown): string =>
  JSON.stringify(value).replace(notAscii, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** A JSON string. JSON's own escapes keep control characters, and so line ends, out of it. */
function quoted(text: string): string {
  const short = text.length > longest ? `${text.slice(0, longest)}...` : text;
  return needsEscape.test(short) ? json(short) : `"${short}"`;
}

/**
 * One JSON line per request or event on standard output, gathered so that a busy gateway does not make a system call
 * per request. A reader that is too slow costs lines, counted in `dropped` and told in a later line, never memory or
 * requests.
 */
export class AccessLog {
  /** Lines that found no room. */
  dropped = 0;
  readonly requests: boolean;
  #told = 0;
  #pending = "";
  #lines = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #output: Output | undefined;
  readonly #write: (lines: string) => unknown;
  #second = -1;
  #prefix = "";

  constructor({ requests = true, write, chunk }: AccessLogOptions = {}) {
    this.requests = requests;
    if (write === undefined) {
      const output = new Output(1, chunk === undefined ? {} : { chunk });
      this.#output = output;
      this.#write = (lines) => output.write(lines);
    } else this.#write = write;
  }

  /** Logs a request. */
  request(r: AccessRecord): void {
    if (!this.requests) return;
    const { target } = r;
    const mark = target.indexOf("?");
    const path = quoted(redactPath(mark < 0 ? target : target.slice(0, mark)));
    const query =
      mark < 0 ? "" : `,"query":${quoted(redactQuery(target.slice(mark + 1, mark + 1 + longest)))}`;
    let line = `{"time":"${this.#now()}","event":"request","id":${quoted(r.id)},"method":${quoted(r.method)},"path":${path}${query},"status":${number(r.status)},"ms":${tenths(r.durationMs)}${course(r)},"bytesIn":${number(r.bytesIn)},"bytesOut":${number(r.bytesOut)}${parties(r)}`;
    if (r.traceId !== undefined) line += `,"trace":${quoted(r.traceId)}`;
    if (r.outcome !== undefined) line += `,"outcome":${quoted(r.outcome)}`;
    if (r.fault !== undefined) line += `,"fault":${quoted(r.fault)}`;
    this.#add(r.upgrade === true ? `${line},"upgrade":true}\n` : `${line}}\n`);
  }

  /** Logs anything else. */
  event(event: string, fields: object = {}): void {
    this.#add(`${json({ time: this.#now(), event, ...fields })}\n`);
  }

  /** Hands over what is gathered; waits for nobody. */
  flush(): void {
    this.#hand();
  }

  /** Writes what is gathered before it returns, as far as the reader makes room in time: for a sudden end of the process. */
  flushSync(limitMs: number): void {
    if (this.#output === undefined) this.#hand();
    else this.#output.flushSync(this.#gathered(), limitMs);
  }

  /** Resolves when everything logged is written, or when the reader has not taken it in time. */
  async close(limitMs = patience): Promise<void> {
    this.#hand();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, limitMs);
    });
    await Promise.race([this.#output?.drained(), late]);
    clearTimeout(timer);
  }

  #add(line: string): void {
    this.#pending += line;
    this.#lines++;
    if (this.#pending.length >= flushLength) this.#hand();
    else this.#timer ??= setTimeout(() => this.#hand(), flushMs).unref();
  }

  #gathered(): string {
    const lines = this.#pending;
    this.#pending = "";
    this.#lines = 0;
    return lines;
  }

  /** Gives what is gathered to the output, or drops it. */
  #hand(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#pending === "") return;
    const count = this.#lines;
    const lines = this.#gathered();
    const lost = this.dropped - this.#told;
    const note =
      lost > 0 ? `${JSON.stringify({ time: this.#now(), event: "log-lines-dropped", lines: lost })}\n` : "";
    if (this.#write(note + lines) === false) this.dropped += count;
    else if (lost > 0) this.#told += lost;
  }

  /** The time as RFC 3339; all but the milliseconds is made once a second, since a Date costs as much as the rest of a line. */
  #now(): string {
    const now = Date.now();
    const second = Math.floor(now / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#prefix = new Date(now).toISOString().slice(0, 20);
    }
    const rest = now - second * 1000;
    return `${this.#prefix}${rest < 10 ? "00" : rest < 100 ? "0" : ""}${rest}Z`;
  }
}

/** Where the time of a request went and how it ended, as far as is known. */
function course({ queueMs, connectMs, firstByteMs, upstreamMs, retries, close }: AccessRecord): string {
  let text = "";
  if (queueMs !== undefined) text += `,"queueMs":${tenths(queueMs)}`;
  if (connectMs !== undefined) text += `,"connectMs":${tenths(connectMs)}`;
  if (firstByteMs !== undefined) text += `,"firstByteMs":${tenths(firstByteMs)}`;
  if (upstreamMs !== undefined) text += `,"upstreamMs":${tenths(upstreamMs)}`;
  if (retries !== undefined && retries > 0) text += `,"retries":${number(retries)}`;
  if (close !== undefined) text += `,"close":${quoted(close)}`;
  return text;
}

function parties({ client, route, upstream }: AccessRecord): string {
  let text = `,"client":${quoted(client)}`;
  if (route !== undefined) text += `,"route":${quoted(route)}`;
  if (upstream !== undefined) text += `,"upstream":${quoted(upstream)}`;
  return text;
}

/** With one digit after the point; an integer and a digit are cheaper to write than a fraction. */
function tenths(value: number): string | number {
  const all = Math.round(value * 10);
  if (!(all >= 0 && all < 1e9)) return number(all / 10);
  const whole = Math.floor(all / 10);
  const rest = all - whole * 10;
  return rest === 0 ? whole : `${whole}.${rest}`;
}

/** JSON has no NaN. */
const number = (value: number): number => (Number.isFinite(value) ? value : 0);
