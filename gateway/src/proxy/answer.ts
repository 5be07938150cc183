import { securityFields } from "../message/fields.ts";
import { mostJoined } from "../message/joined-write.ts";
import { Framing, framingOf, type ResponseHead } from "../message/response-head.ts";
import { repairLocation } from "../routing/router.ts";
import { keepsBuffer, type ReadOutcome } from "../upstream/connection.ts";
import { type Exchange, httpDate } from "./exchange.ts";
import { fieldLines } from "./request-facts.ts";
import type { RouteState } from "./route-state.ts";

/** Text that is gathered from one read before it is written. */
const mostGathered = 16_384;

/** An upstream's answer on its way to the client: its head made anew, its body framed as the client needs it. */
export class Answer {
  /** A quiet one is no failure. */
  readonly eventStream: boolean;
  /** Whether the connection ends with it. */
  readonly closes: boolean;
  /** Whether something of it is written: it can only be completed or cut then. */
  begun = false;
  readonly #exchange: Exchange;
  readonly #chunked: boolean;
  /** Text that is not written yet. */
  #text: string;
  #corked = false;
  #wroteBytes = false;

  constructor(exchange: Exchange, state: RouteState, head: ResponseHead) {
    this.#exchange = exchange;
    this.eventStream = head.eventStream;
    exchange.status = head.status;
    const framing = framingOf(head, exchange.method);
    const undelimited = framing !== Framing.none && framing !== Framing.length;
    const http10 = exchange.request.httpVersionMinor === 0;
    this.#chunked = undelimited && !http10;
    // For HTTP/1.0 a body without a length ends with the connection (RFC 9112 6.3).
    this.closes = exchange.closes || (undelimited && http10);
    let fields = this.#chunked ? "Transfer-Encoding: chunked\r\n" : "";
    // Without a body too: the length it would have had, for HEAD and 304; a 204 has none (RFC 9110 8.6).
    if (framing === Framing.length || (framing === Framing.none && head.length >= 0 && head.status !== 204))
      fields = `Content-Length: ${head.length}\r\n`;
    if (this.closes) fields += "Connection: close\r\n";
    if (!head.hasDate) fields += `Date: ${httpDate()}\r\n`;
    fields += corsFields(exchange, state, head);
    if (head.location !== undefined)
      fields += `Location: ${repairLocation(state.route, head.location, exchange.host)}\r\n`;
    this.#text = `HTTP/1.1 ${head.status} ${head.reason}\r\n${head.kept}${securityFields}X-Request-ID: ${exchange.id}\r\n${fields}\r\n`;
  }

  /** Takes a piece of the body; what is large is written at once. */
  body(buffer: Buffer, start: number, end: number): void {
    const length = end - start;
    // A chunk needs text after it too, so a small one is cheapest as text.
    const mostText = this.#chunked ? mostJoined : 1_024;
    if (length <= mostText && this.#text.length <= mostGathered) {
      const text = buffer.toString("latin1", start, end);
      this.#text += this.#chunked ? `${length.toString(16)}\r\n${text}\r\n` : text;
      return;
    }
    if (!this.#chunked && length <= mostJoined) {
      this.begun = true;
      this.#exchange.writeJoined(this.#text, buffer, start, end);
      this.#text = "";
      return;
    }
    if (!this.#corked) {
      this.#corked = true;
      this.#exchange.connection.socket.cork();
    }
    if (this.#chunked) this.#text += `${length.toString(16)}\r\n`;
    this.#flushText();
    this.#exchange.writeBytes(buffer.subarray(start, end));
    this.#wroteBytes = true;
    if (this.#chunked) this.#text = "\r\n";
  }

  /** The body is complete. */
  end(): void {
    if (this.#chunked) this.#text += "0\r\n\r\n";
  }

  /** Writes what one read brought. @returns {@link keepsBuffer} while a piece of the read buffer is being written. */
  flush(): ReadOutcome {
    this.#flushText();
    this.uncork();
    const kept = this.#wroteBytes && this.#exchange.connection.socket.writableLength > 0;
    this.#wroteBytes = false;
    return kept ? keepsBuffer : 0;
  }

  /** Lets go of the socket. */
  uncork(): void {
    if (!this.#corked) return;
    this.#corked = false;
    this.#exchange.connection.socket.uncork();
  }

  #flushText(): void {
    const text = this.#text;
    if (text === "") return;
    this.#text = "";
    this.begun = true;
    this.#exchange.writeText(text);
  }
}

/** `Vary` and the CORS fields: the upstream's, or the route's own in their place, never both. */
function corsFields(exchange: Exchange, { cors }: RouteState, head: ResponseHead): string {
  if (cors === undefined) return head.vary === undefined ? head.cors : `${head.cors}Vary: ${head.vary}\r\n`;
  const vary = cors.vary(head.vary);
  return fieldLines(cors.actual(exchange.head.origin)) + (vary === undefined ? "" : `Vary: ${vary}\r\n`);
}
