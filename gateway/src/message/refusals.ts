import { STATUS_CODES } from "node:http";

/** A refusal of the gateway's own. */
export interface Refusal {
  readonly status: number;
  /** A word for logs and metrics; a bounded set. */
  readonly reason: string;
  /** Whose doing it is: what a log is searched by first when something goes wrong. */
  readonly fault: "client" | "gateway" | "upstream";
  readonly detail: string;
  /** Fields of its own, as lines with their CRLF. */
  readonly fields?: string;
}

const client = (status: number, reason: string, detail: string): Refusal => ({
  status,
  reason,
  fault: "client",
  detail,
});
const bad = (status: number, detail: string): Refusal => client(status, "bad_request", detail);
const upstream = (status: number, reason: string, detail: string): Refusal => ({
  status,
  reason,
  fault: "upstream",
  detail,
});
/** What passes by itself: come again in a second (RFC 9110 10.2.3). */
const busy = (reason: string, detail: string): Refusal => ({
  status: 503,
  reason,
  fault: "gateway",
  detail,
  fields: "Retry-After: 1\r\n",
});

/**
 * Every refusal there is, for plain answers, handshakes and bytes that are no request alike. Texts tell no internals:
 * they go to whoever asks.
 */
export const refusals = {
  notHttp: bad(400, "the request is not valid HTTP"),
  headTooLarge: bad(431, "the request head is larger than is taken here"),
  headTimeout: bad(408, "the request head did not arrive in time"),
  chunkExtensions: bad(413, "the extensions of a chunk are longer than is taken here"),
  version: bad(505, "only HTTP/1.0 and HTTP/1.1 are spoken here"),
  tooManyFields: bad(431, "there are too many header fields"),
  target: bad(400, "the request target is neither a path nor an http URL"),
  bodyLength: bad(400, "the length of the body is in doubt"),
  transferCoding: bad(501, "the transfer coding is not offered"),
  expectation: bad(417, "the Expect field asks for something unknown"),
  connect: bad(405, "CONNECT is not offered"),
  trace: bad(405, "TRACE is not offered"),
  bodyTimeout: client(408, "body_timeout", "the request body stalled"),
  bodyTooLarge: client(413, "body_too_large", "the request body is larger than this path allows"),
  cors: client(403, "cors", "this origin, method or field is not allowed"),
  rateLimited: client(429, "rate_limited", "there were too many requests from this address"),
  tooManyConnections: busy("connections", "there are too many connections"),
  tooManyTunnels: busy("tunnels", "there are too many long-lived connections to this service"),
  draining: busy("draining", "the gateway is shutting down"),
  overloaded: busy("shed", "the service has too many requests waiting"),
  /** No file or port is left for a connection: the gateway's shortage, not the service's. */
  exhausted: busy("out_of_files", "the gateway cannot open another connection at the moment"),
  down: upstream(503, "upstream_down", "the service does not accept connections"),
  unreachable: upstream(503, "upstream_down", "the service cannot be reached"),
  unknown: upstream(503, "upstream_unknown", "the service cannot be found"),
  unknownNow: upstream(503, "upstream_unknown", "the service cannot be found at the moment"),
  connectTimeout: upstream(504, "connect_timeout", "the service did not accept the connection in time"),
  responseTimeout: upstream(504, "response_timeout", "the service did not answer in time"),
  badAnswer: upstream(502, "bad_answer", "the service gave no valid answer"),
} as const satisfies Readonly<Record<string, Refusal>>;

/** A target that goes nowhere, or must not go on, in the router's words. */
export const notRouted = (status: 400 | 404, detail: string): Refusal =>
  client(status, status === 404 ? "no_route" : "bad_request", detail);

/** A Host or an authority that cannot be used. */
export const badHost = (detail: string): Refusal => bad(400, detail);

/** A used-up rate limit. @param seconds when to come again: `Retry-After` (RFC 9110 10.2.3). */
export const rateLimited = (seconds: number): Refusal => ({
  ...refusals.rateLimited,
  fields: `Retry-After: ${seconds}\r\n`,
});

/** Errors met on the way to an upstream, by Node's code or one of this gateway's own; any other is a bad answer. */
const byCode: Readonly<Record<string, Refusal>> = {
  ECONNREFUSED: refusals.down,
  ENOTFOUND: refusals.unknown,
  EAI_AGAIN: refusals.unknownNow,
  EHOSTUNREACH: refusals.unreachable,
  ENETUNREACH: refusals.unreachable,
  EHOSTDOWN: refusals.unreachable,
  ETIMEDOUT: refusals.connectTimeout,
  EMFILE: refusals.exhausted,
  ENFILE: refusals.exhausted,
  ENOBUFS: refusals.exhausted,
  ENOMEM: refusals.exhausted,
  EADDRNOTAVAIL: refusals.exhausted,
};

/** The refusal for an error met on the way to an upstream. */
export const refusalFor = (code: string): Refusal => byCode[code] ?? refusals.badAnswer;

/** The refusal for an error of Node's parser, by its code. */
export function refusalOfParser(code: string | undefined): Refusal {
  if (code === "HPE_HEADER_OVERFLOW") return refusals.headTooLarge;
  if (code === "HPE_CHUNK_EXTENSIONS_OVERFLOW") return refusals.chunkExtensions;
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return refusals.headTimeout;
  return refusals.notHttp;
}

/** The body of a refusal (RFC 9457): no internals, and the request id to find it by. */
export function refusalBody({ status, detail }: Refusal, id: string): string {
  return `${JSON.stringify({ type: "about:blank", title: STATUS_CODES[status] ?? "Error", status, detail, instance: id })}\n`;
}
