import type { ClientConnection } from "../client/connection.ts";
import type { RequestHead } from "../message/request-head.ts";
import { isTraceparent, passTrace, type Trace } from "../observe/trace.ts";

/** What of an exchange its upstream hears. */
export interface Forwarded {
  readonly connection: Pick<ClientConnection, "address" | "trusted" | "localPort">;
  readonly head: RequestHead;
  readonly host: string;
  readonly id: string;
  readonly method: string;
}

/**
 * The head of the request that goes to the upstream: exactly one Host, one request id, one framing field, and
 * `X-Forwarded-*` of this connection only, unless the peer is a proxy that is trusted (OWASP; RFC 7239 8.1).
 * @param trace trace fields, each with its CRLF.
 * @param last fields that end it, each with its CRLF: framing, or those of an upgrade.
 */
export function upstreamHead(exchange: Forwarded, target: string, last: string, trace: string): string {
  const { connection: client, head, host, id, method } = exchange;
  const forwarded = client.trusted
    ? trustedForwarding(exchange)
    : `X-Forwarded-For: ${client.address}\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Port: ${client.localPort}\r\nX-Forwarded-Host: ${host}\r\n`;
  return `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\n${head.kept}X-Request-ID: ${id}\r\n${trace}${forwarded}${last}\r\n`;
}

/** `traceparent` and, where it belongs to the same trace, `tracestate` (W3C Trace Context 3.3). */
export function traceFields({
  head,
  trace,
}: Pick<Forwarded, "head"> & { readonly trace?: Trace | undefined }): string {
  const given = head.traceparents === 1 ? head.traceparent : undefined;
  const state = head.tracestate;
  if (trace === undefined) {
    const keeps = state !== undefined && given !== undefined && isTraceparent(given);
    return `traceparent: ${passTrace(given)}\r\n${keeps ? `tracestate: ${state}\r\n` : ""}`;
  }
  const keeps = state !== undefined && trace.keepsState;
  return `traceparent: ${trace.traceparent}\r\n${keeps ? `tracestate: ${state}\r\n` : ""}`;
}

function trustedForwarding({ connection: client, head, host }: Forwarded): string {
  const chain = isEmptyList(head.forwardedFor) ? client.address : `${head.forwardedFor}, ${client.address}`;
  return (
    `X-Forwarded-For: ${chain}\r\nX-Forwarded-Proto: ${head.forwardedProto ?? "http"}\r\n` +
    `X-Forwarded-Port: ${head.forwardedPort ?? client.localPort}\r\nX-Forwarded-Host: ${head.forwardedHost ?? host}\r\n`
  );
}

/** A list without an element (RFC 9110 5.6.1.2). */
const isEmptyList = (list: string | undefined): boolean => list === undefined || /^[\s,]*$/.test(list);
