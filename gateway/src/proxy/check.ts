import { badHost, type Refusal, refusals } from "../message/refusals.ts";
import { hostProblem, type RequestHead } from "../message/request-head.ts";
import type { GatewayRequest } from "../node/request.ts";

/**
 * Phase "check": what Node's parser lets through and this gateway does not.
 * @param most header fields.
 */
export function check(request: GatewayRequest, head: RequestHead, most: number): Refusal | undefined {
  const http10 = request.httpVersionMinor === 0;
  // Node's parser also takes HTTP/0.9 and HTTP/2.0, which no upstream here speaks (RFC 9110 15.6.6).
  if (request.httpVersion !== "1.1" && request.httpVersion !== "1.0") return refusals.version;
  if (request.rawHeaders.length > 2 * most) return refusals.tooManyFields;
  const host = hostProblem(head, http10);
  if (host !== undefined) return badHost(host);
  if (head.transferEncoding !== undefined) {
    const codings = head.transferEncoding.toLowerCase();
    // Without chunked as its last coding, and in HTTP/1.0, nobody can tell where the body ends (RFC 9112 6.3).
    if (http10 || head.length >= 0 || !/(?:^|[ \t,])chunked$/.test(codings)) return refusals.bodyLength;
    if (codings !== "chunked")
      // Any other coding would have to be undone (RFC 9112 6.1). Beside Upgrade, Node's parser takes one that it does not
      // know for no body at all.
      return head.upgrade === undefined ? refusals.transferCoding : refusals.bodyLength;
  }
  if (head.expect !== undefined && head.expect.toLowerCase() !== "100-continue" && !http10)
    return refusals.expectation;
  if (request.method === "TRACE") return refusals.trace;
  if (request.method === "CONNECT") return refusals.connect;
  return undefined;
}
