import { IncomingMessage } from "node:http";
import { type RequestHead, readRequestHead } from "../message/request-head.ts";
import type { ClientSocket } from "./parser.ts";

/** Who gets a request's body as it arrives. */
export interface BodySink {
  /** @returns false when no more should be read for now; the connection's `resume` goes on. */
  onRequestBody(chunk: Buffer): boolean;
  onRequestEnd(): void;
}

/**
 * Node's request with two shortcuts: fields are read in one pass into a {@link RequestHead} instead of an object per
 * request, and body pieces go straight to their sink instead of through a Readable's buffer.
 */
export class GatewayRequest extends IncomingMessage {
  #head: RequestHead | undefined;
  #sink: BodySink | undefined;
  #early: Buffer[] | undefined;
  #discarding = false;

  get head(): RequestHead {
    this.#head ??= readRequestHead(this.rawHeaders, (this.socket as ClientSocket).gatewayClient.trusted);
    return this.#head;
  }

  /** Sends the body to `sink`: what has arrived already at once. */
  sendBodyTo(sink: BodySink): void {
    this.#sink = sink;
    const early = this.#early;
    if (early !== undefined) {
      this.#early = undefined;
      let more = true;
      for (const chunk of early) more = sink.onRequestBody(chunk) && more;
      const { reading } = (this.socket as ClientSocket).gatewayClient;
      if (!more) reading.block();
      reading.early = false;
    }
    if (this.complete) sink.onRequestEnd();
  }

  /** Reads over what is left of the body. */
  discardBody(): void {
    this.#sink = undefined;
    this.#discarding = true;
    if (this.#early === undefined) return;
    this.#early = undefined;
    (this.socket as ClientSocket).gatewayClient.reading.early = false;
  }

  /** Node's parser delivers the body here; `null` is its end. */
  override push(chunk: Buffer | null): boolean {
    if (chunk === null) this.#sink?.onRequestEnd();
    else if (this.#sink !== undefined) {
      const more = this.#sink.onRequestBody(chunk);
      if (!more) (this.socket as ClientSocket).gatewayClient.reading.block();
      return more;
    } else if (!this.#discarding) {
      // A request that is not sent yet: Node stops reading after this piece.
      this.#early ??= [];
      this.#early.push(chunk);
      (this.socket as ClientSocket).gatewayClient.reading.early = true;
      return false;
    }
    return true;
  }

  /** Node resumes what nobody has read; here nothing is ever left in a buffer. */
  override resume(): this {
    return this;
  }

  /** Node 26 reads what nobody has read (`_dump`), and would resume the socket: also one whose parser is held. */
  override _read(): void {}

  /** Node destroys requests that have no answer yet when their connection closes; the connection knows by itself. */
  override destroy(): this {
    return this;
  }
}

// Accessors, since the types declare properties: Node reads only `expect` and `te` from `headers`, 26 nothing.
Object.defineProperty(GatewayRequest.prototype, "headers", {
  get(this: GatewayRequest) {
    return this.head;
  },
});
Object.defineProperty(GatewayRequest.prototype, "readableEnded", {
  get(this: GatewayRequest) {
    return this.complete;
  },
});
