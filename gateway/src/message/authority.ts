import { isIPv6 } from "node:net";

/** Labels as host names have them (RFC 1123 2.1), with `_`, which engines have in theirs; a last dot may stand. */
const name = /^(?:[A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}\.?$/;
const portPattern = /^:(\d{0,5})$/;

/**
 * Whether a text is a host name, an IPv4 address or an IPv6 address in brackets, with or without a port: the value of
 * Host and the authority of an absolute target alike (RFC 9110 7.2, 4.2.1; RFC 3986 3.2). User information is no part of
 * it (RFC 9110 4.2.4), and a port alone is none. What RFC 3986 would also call a host (escapes, `!$&'()*+,;=`, IPvFuture)
 * is in no DNS; upstreams would write it into links all the same.
 */
export function isAuthority(text: string): boolean {
  const end = text[0] === "[" ? text.indexOf("]") + 1 : text.indexOf(":");
  const host = end < 0 ? text : text.slice(0, end);
  const rest = end < 0 ? "" : text.slice(end);
  const port = rest === "" ? "" : portPattern.exec(rest)?.[1];
  if (port === undefined || Number(port) > 65535) return false;
  // A zone means something on the client's machine only (RFC 6874 4).
  if (host[0] === "[") return isIPv6(host.slice(1, -1)) && !host.includes("%");
  return host.length <= 254 && name.test(host);
}

/** The path and query a request asks for, and the host it asks. */
export interface Origin {
  readonly target: string;
  readonly host: string;
}

/**
 * Takes a request target apart (RFC 9112 3.2): origin-form and `*` go with Host, an absolute-form brings an authority
 * that replaces it (RFC 9112 3.2.2).
 * @returns undefined when it is none of these, or an absolute-form that is not sound or not of `http`.
 */
export function requestOrigin(url: string, host: string): Origin | undefined {
  if (url[0] === "/" || url === "*") return { target: url, host };
  // A scheme has no case (RFC 3986 3.1).
  if (url.slice(0, 7).toLowerCase() !== "http://") return undefined;
  const rest = url.slice(7);
  const end = rest.search(/[/?#]/);
  const authority = end < 0 ? rest : rest.slice(0, end);
  if (!isAuthority(authority)) return undefined;
  if (end < 0) return { target: "/", host: authority };
  // A fragment is no part of a target (RFC 9112 3.2.2: absolute-URI).
  if (rest[end] === "#") return undefined;
  return { target: rest[end] === "/" ? rest.slice(end) : `/${rest.slice(end)}`, host: authority };
}
