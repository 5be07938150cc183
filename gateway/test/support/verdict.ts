import { expect } from "vitest";
import type { Received } from "./client.ts";
import { type Message, statusOf, values } from "./strict.ts";
import { show, type Upstream } from "./upstream.ts";

/** A GET in HTTP/1.1 with a Host. */
export const get = (target: string, ...fields: string[]): string => head("GET", target, ...fields);

/** A request head; a body follows it as it stands. */
export const head = (method: string, target: string, ...fields: string[]): string =>
  [`${method} ${target} HTTP/1.1`, "Host: gw", ...fields, "", ""].join("\r\n");

/** A POST with whatever framing fields and body are given. */
export const post = (target: string, body: string, ...fields: string[]): string =>
  `${head("POST", target, ...fields)}${body}`;

/** The only answer of an exchange, itself strictly well formed. */
export function onlyAnswer(received: Received): Message {
  const { reading, bytes } = received;
  if (reading.error !== undefined || reading.rest.length > 0 || reading.messages.length !== 1)
    throw new Error(
      `expected one whole answer, got ${reading.messages.length}${reading.error ? ` (${reading.error})` : ""}: ${show(bytes)}`,
    );
  return reading.messages[0] as Message;
}

/** The gateway refused: one problem answer of its own with this status, and not a byte at the upstream. */
export function expectRefused(
  received: Received,
  upstream: Upstream,
  status: number | readonly number[] = 400,
): void {
  expectProblem(onlyAnswer(received), status);
  expect(show(upstream.bytes), "bytes at the upstream").toBe('""');
}

/** Refused, and the connection ended: where a message ends is not known, so nothing after it may be read. */
export function expectCutOff(
  received: Received,
  upstream: Upstream,
  status: number | readonly number[] = 400,
): void {
  expectRefused(received, upstream, status);
  expect(received.closed, "the connection is closed after a broken message").toBe(true);
}

/** An answer of the gateway's own: problem details (RFC 9457) with the security fields. */
export function expectProblem(answer: Message, status: number | readonly number[]): void {
  expect([status].flat(), `status of ${answer.startLine}`).toContain(statusOf(answer));
  expect(values(answer, "content-type")).toEqual(["application/problem+json"]);
  expect(values(answer, "x-frame-options")).toEqual(["DENY"]);
  expect(values(answer, "x-content-type-options")).toEqual(["nosniff"]);
  const problem = JSON.parse(answer.body.toString()) as { status: number };
  expect(problem.status).toBe(statusOf(answer));
}

/** What an upstream is expected to have got. */
export interface Expected {
  readonly method?: string;
  readonly target?: string;
  readonly body?: string;
  readonly host?: string;
}

/** The upstream got exactly one request, strictly well formed in HTTP/1.1, with one Host, one framing and this body. */
export function expectForwarded(upstream: Upstream, expected: Expected): Message {
  const { requests } = upstream;
  expect(requests.map(({ startLine }) => startLine)).toHaveLength(1);
  const request = requests[0] as Message;
  expectRequest(request, expected);
  return request;
}

/** One request as an upstream must get it. */
export function expectRequest(
  request: Message,
  { method = "GET", target, body = "", host = "gw" }: Expected,
): void {
  const [gotMethod, gotTarget, version] = request.startLine.split(" ");
  expect(gotMethod).toBe(method);
  if (target !== undefined) expect(gotTarget).toBe(target);
  expect(version).toBe("HTTP/1.1");
  expect(values(request, "host")).toEqual([host]);
  expect(values(request, "content-length").length + values(request, "transfer-encoding").length).toBeLessThan(
    2,
  );
  expect(request.body.toString("latin1")).toBe(body);
  expect(request.trailers).toEqual([]);
}

/** The client got the upstream's 200. */
export function expectServed(received: Received, body = "ok"): Message {
  const answer = onlyAnswer(received);
  expect(answer.startLine).toBe("HTTP/1.1 200 OK");
  expect(answer.body.toString("latin1")).toBe(body);
  return answer;
}
