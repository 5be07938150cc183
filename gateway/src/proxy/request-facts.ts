import { STATUS_CODES } from "node:http";
import { isIP } from "node:net";
import { securityFields } from "../message/fields.ts";
import { type Problem, problemBody } from "../message/problem.ts";
import type { RequestHead } from "../message/request-head.ts";
import { isRequestId, newRequestId } from "../observe/request-id.ts";
import { httpDate } from "./exchange.ts";

/** The client's request id when it is well formed and the only one, else a new one. */
export function requestIdOf(head: RequestHead): string {
  const given = head.requestId;
  return given !== undefined && head.requestIds === 1 && isRequestId(given) ? given : newRequestId();
}

/** The target in origin form; an absolute one is taken apart, and its authority replaces Host (RFC 9112 3.2.2). */
export function requestOrigin(url: string, host: string): { readonly target: string; readonly host: string } {
  if (url.startsWith("/")) return { target: url, host };
  const absolute = /^http:\/\/([^/?#@\s]+)((?:[/?].*)?)$/i.exec(url);
  if (absolute === null) return { target: url, host };
  const rest = absolute[2] ?? "";
  return { target: rest.startsWith("/") ? rest : `/${rest}`, host: absolute[1] as string };
}

/**
 * The client's address: the peer's own, or, where the peer is a trusted proxy, the last address of
 * `X-Forwarded-For` that no trusted proxy has.
 */
export function clientAddress(
  { address, trusted }: { readonly address: string; readonly trusted: boolean },
  head: RequestHead,
  trusts: (address: string) => boolean,
): string {
  if (!trusted || head.forwardedFor === undefined) return address;
  const chain = head.forwardedFor.split(",").map((entry) => entry.trim());
  for (const entry of chain.reverse()) if (isIP(entry) !== 0 && !trusts(entry)) return entry;
  return address;
}

/** A flat list of names and values as lines. */
export function fieldLines(flat: readonly string[]): string {
  let lines = "";
  for (let i = 0; i < flat.length; i += 2) lines += `${flat[i]}: ${flat[i + 1]}\r\n`;
  return lines;
}

/** A whole refusal for a connection that has no request to answer; the connection ends with it. */
export function bareRefusal(problem: Problem, id = "-", fields = ""): string {
  const body = problemBody(problem, id);
  const identity = id === "-" ? "" : `X-Request-ID: ${id}\r\n`;
  return (
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ""}\r\n${fields}${securityFields}${identity}` +
    `Content-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
    `Connection: close\r\nDate: ${httpDate()}\r\n\r\n${body}`
  );
}
