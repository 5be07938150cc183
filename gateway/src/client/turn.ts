import type { ServerResponse } from "node:http";
import type { Refusal } from "../message/refusals.ts";
import type { GatewayRequest } from "../node/request.ts";
import type { ClientConnection } from "./connection.ts";

/** What a client's connection is doing; there is one owner from accept to close, and a deadline in each state. */
export type ClientState =
  /** Requests are read. */
  | "open"
  /** Nothing more is read; what came before is answered, then the refusal. */
  | "refusing"
  /** Handshake or open tunnel: the bytes are no HTTP any more. */
  | "tunnel"
  /** Everything is written, and the client has not taken all of it. */
  | "flushing"
  /** All is sent; what the client still sends is read over, so that no reset takes the answer (RFC 9112 9.6). */
  | "lingering"
  | "closed";

/** Something that a connection has to answer, in its turn. */
export interface Turn {
  /** Absent for bytes that are no request. */
  readonly request?: GatewayRequest | undefined;
  /** Node's side of it; absent where Node's parser is done with the socket. */
  readonly response?: ServerResponse | undefined;
  /** Bytes that came after a handshake. */
  readonly early?: Buffer | undefined;
  /** Known beforehand: nothing of it may go to an upstream. */
  refusal?: Refusal | undefined;
}

/** What all connections share. */
export interface ConnectionHost {
  readonly limits: ConnectionLimits;
  /** `performance.now()` of a moment ago. */
  readonly now: number;
  /** Begins the next turn. It may be over before this returns. */
  begin(client: ClientConnection, turn: Turn): void;
  /** Its client has too many connections. */
  onTooMany(): void;
  onClosed(client: ClientConnection): void;
}

/** Milliseconds. */
export interface ConnectionLimits {
  /** Without a request. */
  readonly clientIdle: number;
  /** In which a head must arrive. */
  readonly headersTimeout: number;
  /** In which a client takes nothing of what it was sent. */
  readonly sendTimeout: number;
  /** Lingering, since the client's last byte, and in all. */
  readonly linger: number;
  readonly lingerMax: number;
}
