import { Framing, framingOf, type ResponseHead } from "../message/response-head.ts";
import { responseHead } from "../message/response-text.ts";
import { isWritten } from "../node/written.ts";
import { repairLocation } from "../routing/router.ts";
import { keepsBuffer, type ReadOutcome } from "../upstream/connection.ts";
import type { Exchange } from "./exchange.ts";
import type { RouteState } from "./route-state.ts";

/** Bytes of a piece that is written as text, together with what stands before it: a longer one is written as it lies. */
const mostText = 8_192;
/** Text that is gathered from one read before it is written. */
const mostGathered = 16_384;

/** An upstream's answer on its way to the client: its head made anew, its body framed as the client needs it. */
export class Answer {
  /** A quiet one is no failure. */
  readonly eventStream: boolean;
  /** Whether something of it is written: it can only be completed or cut then. */
  begun = false;
  readonly #exchange: Exchange;
  readonly #chunked: boolean;
  /** Text that is not written yet. */
  #text: string;
  #corked = false;
  #wroteBytes = false;

  constructor(exchange: Exchange, { route }: RouteState, head: ResponseHead) {
    this.#exchange = exchange;
    this.eventStream = head.eventStream;
    exchange.status = head.status;
    exchange.corsGiven = head.cors;
    exchange.varyGiven = head.vary;
    const framing = framingOf(head, exchange.method);
    const undelimited = framing !== Framing.none && framing !== Framing.length;
    this.#chunked = undelimited && !exchange.http10;
    // For HTTP/1.0 a body without a length ends with the connection (RFC 9112 6.3).
    exchange.decideClose(undelimited && exchange.http10);
    let { kept } = head;
    if (this.#chunked) kept += "Transfer-Encoding: chunked\r\n";
    // Without a body too: the length it would have had, for HEAD and 304; a 204 has none (RFC 9110 8.6).
    else if (
      framing === Framing.length ||
      (framing === Framing.none && head.length >= 0 && head.status !== 204)
    )
      kept += `Content-Length: ${head.length}\r\n`;
    if (head.location !== undefined)
      kept += `Location: ${repairLocation(route, head.location, exchange.host)}\r\n`;
    this.#text = responseHead(exchange, head.status, head.reason, kept, head.hasDate);
  }

  /** Takes a piece of the body: small ones are gathered as text, a large one is written as it lies. */
  body(buffer: Buffer, start: number, end: number): void {
    const length = end - start;
    if (length <= mostText && this.#text.length <= mostGathered) {
      const text = buffer.toString("latin1", start, end);
      this.#text += this.#chunked ? `${length.toString(16)}\r\n${text}\r\n` : text;
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
    return this.release();
  }

  /** Lets go of the socket and, unless a piece of it is still being written, of the read buffer. */
  release(): ReadOutcome {
    if (this.#corked) {
      this.#corked = false;
      this.#exchange.connection.socket.uncork();
    }
    const kept = this.#wroteBytes && !isWritten(this.#exchange.connection.socket);
    this.#wroteBytes = false;
    return kept ? keepsBuffer : 0;
  }

  #flushText(): void {
    const text = this.#text;
    if (text === "") return;
    this.#text = "";
    this.begun = true;
    this.#exchange.writeText(text);
  }
}
