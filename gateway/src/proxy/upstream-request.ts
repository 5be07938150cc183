import type { RequestHead } from "../message/request-head.ts";
import type { ClientConnection } from "./client-connection.ts";

/** What of an exchange its upstream hears. */
export interface Forwarded {
  readonly client: Pick<ClientConnection, "address" | "trusted" | "localPort" | "forwardedLines">;
  readonly head: RequestHead;
  readonly host: string;
  readonly id: string;
  readonly method: string;
}

/**
 * The head of the request that goes to the upstream: exactly one Host, one request id, one framing field, and
 * `X-Forwarded-*` of this connection only, unless the peer is a proxy that is trusted (OWASP; RFC 7239 8.1).
 * @param last fields that end it, each with its CRLF: framing, or those of an upgrade.
 */
export function upstreamHead(exchange: Forwarded, target: string, last: string): string {
  const { client, head, host, id, method } = exchange;
  const forwarded = client.trusted
    ? trustedForwarding(exchange)
    : `${client.forwardedLines}X-Forwarded-Host: ${host}\r\n`;
  return `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\n${head.kept}X-Request-ID: ${id}\r\n${forwarded}${last}\r\n`;
}

function trustedForwarding({ client, head, host }: Forwarded): string {
  const chain = head.forwardedFor === undefined ? client.address : `${head.forwardedFor}, ${client.address}`;
  return (
    `X-Forwarded-For: ${chain}\r\nX-Forwarded-Proto: ${head.forwardedProto ?? "http"}\r\n` +
    `X-Forwarded-Port: ${head.forwardedPort ?? client.localPort}\r\nX-Forwarded-Host: ${head.forwardedHost ?? host}\r\n`
  );
}
