import { identityField } from "./identity-fields.ts";

/**
 * What the gateway does with each header field. Names arrive as new strings with every message, so what is known of a
 * name is kept by its spelling: one Map look-up instead of lower-casing and comparing.
 */

/** Kinds of request fields. */
export const RequestField = {
  keep: 0,
  /** Speaks of one connection only and is never passed on (RFC 9110 7.6.1). */
  hop: 1,
  host: 2,
  contentLength: 3,
  transferEncoding: 4,
  connection: 5,
  upgrade: 6,
  expect: 7,
  requestId: 8,
  forwardedFor: 9,
  forwardedProto: 10,
  forwardedHost: 11,
  forwardedPort: 12,
  /** Believed from a trusted proxy only. */
  spoofable: 13,
  traceparent: 14,
  tracestate: 15,
  origin: 16,
  corsMethod: 17,
  corsHeaders: 18,
  webSocketKey: 19,
  webSocketVersion: 20,
  /** Passed on from nobody. */
  never: 21,
} as const;

/** Kinds of response fields. */
export const ResponseField = {
  keep: 0,
  hop: 1,
  contentLength: 2,
  transferEncoding: 3,
  connection: 4,
  upgrade: 5,
  location: 6,
  date: 7,
  /** Written by the gateway itself on every answer. */
  own: 8,
  contentType: 9,
  webSocketAccept: 10,
  /** Replaced where the gateway answers for CORS. */
  cors: 11,
  vary: 12,
  /** How long the upstream keeps the connection; of no meaning beyond it. */
  keepAlive: 13,
} as const;

const requestKinds: Readonly<Record<string, number>> = {
  "keep-alive": RequestField.hop,
  "proxy-authenticate": RequestField.hop,
  "proxy-authorization": RequestField.hop,
  "proxy-connection": RequestField.hop,
  te: RequestField.hop,
  trailer: RequestField.hop,
  "http2-settings": RequestField.hop,
  host: RequestField.host,
  "content-length": RequestField.contentLength,
  "transfer-encoding": RequestField.transferEncoding,
  connection: RequestField.connection,
  upgrade: RequestField.upgrade,
  expect: RequestField.expect,
  "x-request-id": RequestField.requestId,
  "x-forwarded-for": RequestField.forwardedFor,
  "x-forwarded-proto": RequestField.forwardedProto,
  "x-forwarded-host": RequestField.forwardedHost,
  "x-forwarded-port": RequestField.forwardedPort,
  traceparent: RequestField.traceparent,
  tracestate: RequestField.tracestate,
  origin: RequestField.origin,
  "access-control-request-method": RequestField.corsMethod,
  "access-control-request-headers": RequestField.corsHeaders,
  "sec-websocket-key": RequestField.webSocketKey,
  "sec-websocket-version": RequestField.webSocketVersion,
};

const responseKinds: Readonly<Record<string, number>> = {
  "keep-alive": ResponseField.keepAlive,
  "proxy-authenticate": ResponseField.hop,
  "proxy-connection": ResponseField.hop,
  te: ResponseField.hop,
  trailer: ResponseField.hop,
  "content-length": ResponseField.contentLength,
  "transfer-encoding": ResponseField.transferEncoding,
  connection: ResponseField.connection,
  upgrade: ResponseField.upgrade,
  location: ResponseField.location,
  date: ResponseField.date,
  "x-frame-options": ResponseField.own,
  "x-content-type-options": ResponseField.own,
  "x-request-id": ResponseField.own,
  "content-type": ResponseField.contentType,
  "sec-websocket-accept": ResponseField.webSocketAccept,
  vary: ResponseField.vary,
  "access-control-allow-origin": ResponseField.cors,
  "access-control-allow-credentials": ResponseField.cors,
  "access-control-allow-methods": ResponseField.cors,
  "access-control-allow-headers": ResponseField.cors,
  "access-control-expose-headers": ResponseField.cors,
  "access-control-max-age": ResponseField.cors,
  "access-control-allow-private-network": ResponseField.cors,
};

/** RFC 9110 5.6.2. */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Spellings kept at most, so that a flood of invented names cannot grow memory. */
const mostSpellings = 2_000;

/** Returned for a name that is no token. */
export const notAToken = -1;

/** Kinds by lower-case name; `other` judges the names that are not listed. */
function interning(
  kinds: Readonly<Record<string, number>>,
  other: (name: string) => number,
): (name: string) => number {
  const known = new Map<string, number>(Object.entries(kinds));
  return (name) => {
    const kind = known.get(name);
    if (kind !== undefined) return kind;
    if (!token.test(name)) return notAToken;
    const lower = name.toLowerCase();
    const found = Object.hasOwn(kinds, lower) ? (kinds[lower] as number) : other(lower);
    if (known.size < mostSpellings) known.set(name, found);
    return found;
  };
}

/**
 * The kind of a name that is not listed. Servers in the manner of CGI read `_` and `-` alike (RFC 3875 4.1.18;
 * doc.traefik.io/traefik/security/header-underscores): `X_Forwarded_For` would stand beside the gateway's own field there.
 */
function unlisted(name: string): number {
  const dashed = name.replaceAll("_", "-");
  if (dashed !== name && Object.hasOwn(requestKinds, dashed)) return RequestField.never;
  return RequestField[identityField(dashed) ?? "keep"];
}

/** The kind of a request field by its name in any case, or {@link notAToken}. */
export const requestField = interning(requestKinds, unlisted);
/** The kind of a response field by its name in any case, or {@link notAToken}. */
export const responseField = interning(responseKinds, () => ResponseField.keep);

/** A value without the white space around it: SP and HTAB only, where `trim` would take NBSP as well (RFC 9110 5.5). */
export function trimmed(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09;

/**
 * The fields that `Connection` names beside its own options (RFC 9110 7.6.1), in lower case; undefined when there
 * are none, which is the usual case.
 */
export function namedByConnection(connection: string): Set<string> | undefined {
  let named: Set<string> | undefined;
  for (const part of connection.split(",")) {
    const name = trimmed(part).toLowerCase();
    if (name === "" || name === "keep-alive" || name === "close" || name === "upgrade") continue;
    named ??= new Set();
    named.add(name);
  }
  return named;
}

/** Lines of fields, each with its CRLF, without those that `Connection` names. */
export function withoutNamed(lines: string, named: ReadonlySet<string>): string {
  return lines
    .split(/(?<=\r\n)/)
    .filter((line) => !named.has(line.slice(0, line.indexOf(":")).toLowerCase()))
    .join("");
}

/** Whether `Connection` lists an option, in lower case. */
export function connectionHas(connection: string, option: string): boolean {
  return connection.split(",").some((part) => trimmed(part).toLowerCase() === option);
}
