import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** Fields that speak of one connection only and are never passed on (RFC 9110 7.6.1). */
const hopByHop = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
]);
/** Fields that the gateway alone writes; a client's are believed only from a trusted proxy. */
const forwarding = new Set(["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port"]);
const spoofable = new Set(["forwarded", "x-real-ip"]);
const requestId = /^[A-Za-z0-9._~:/+=-]{1,200}$/;

/** Security fields on every answer. */
export const securityHeaders = ["X-Frame-Options", "DENY", "X-Content-Type-Options", "nosniff"] as const;
const ownResponse = new Set(["x-frame-options", "x-content-type-options", "x-request-id"]);

/** The fields named in `Connection`, which are hop-by-hop too. */
function namedIn(connection: string | undefined): Set<string> {
  return new Set((connection ?? "").split(",").map((name) => name.trim().toLowerCase()));
}

/** The client's request id when it is well formed and the only one, else a new one. */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headersDistinct["x-request-id"];
  const only = given?.length === 1 ? given[0] : undefined;
  return only !== undefined && requestId.test(only) ? only : randomUUID();
}

/** What the gateway knows of the connection a request came on. */
export interface ClientFacts {
  readonly address: string;
  readonly trusted: boolean;
  readonly id: string;
  readonly host: string;
}

/** The request's fields as the upstream gets them, flat as Node's `rawHeaders`; framing is not among them. */
export function requestHeaders(request: IncomingMessage, client: ClientFacts): string[] {
  const drop = namedIn(request.headers.connection);
  const out: string[] = [];
  const raw = request.rawHeaders;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    const key = name.toLowerCase();
    if (key === "host" || key === "content-length" || key === "expect" || key === "x-request-id") continue;
    if (hopByHop.has(key) || drop.has(key) || forwarding.has(key) || (spoofable.has(key) && !client.trusted))
      continue;
    out.push(name, raw[i + 1] as string);
  }
  const given = (name: string) => (client.trusted ? request.headersDistinct[name]?.join(", ") : undefined);
  const chain = given("x-forwarded-for");
  // Exactly one Host goes on, also for the HTTP/1.0 client that sent none (RFC 9112 3.2).
  out.push("Host", client.host, "X-Request-ID", client.id);
  out.push("X-Forwarded-For", chain === undefined ? client.address : `${chain}, ${client.address}`);
  out.push("X-Forwarded-Proto", given("x-forwarded-proto") ?? "http");
  out.push("X-Forwarded-Host", given("x-forwarded-host") ?? client.host);
  out.push("X-Forwarded-Port", given("x-forwarded-port") ?? String(request.socket.localPort ?? ""));
  return out;
}

/** The answer's fields as the client gets them, with the gateway's own put in once. */
export function responseHeaders(
  response: IncomingMessage,
  id: string,
  repair: (location: string) => string,
): string[] {
  const drop = namedIn(response.headers.connection);
  const out: string[] = [];
  const raw = response.rawHeaders;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    const value = raw[i + 1] as string;
    const key = name.toLowerCase();
    if (hopByHop.has(key) || drop.has(key) || ownResponse.has(key)) continue;
    out.push(name, key === "location" ? repair(value) : value);
  }
  out.push(...securityHeaders, "X-Request-ID", id);
  return out;
}

/** What is wrong with the Host of a request (RFC 9112 3.2), if anything. */
export function hostProblem(request: IncomingMessage): string | undefined {
  const hosts = request.headersDistinct.host ?? [];
  if (hosts.length === 0) return request.httpVersion === "1.0" ? undefined : "the Host field is missing";
  if (hosts.length > 1) return "there is more than one Host field";
  return /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]+)(:\d{0,5})?$/.test(hosts[0] as string)
    ? undefined
    : "the Host field is not a host name";
}
