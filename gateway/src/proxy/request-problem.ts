import type { Problem } from "../message/problem.ts";
import { hostProblem } from "../message/request-head.ts";
import type { GatewayRequest } from "./incoming.ts";

/**
 * What Node's parser lets through and this gateway does not.
 * @param maxHeaders fields at most.
 */
export function requestProblem(request: GatewayRequest, maxHeaders: number): Problem | undefined {
  const { head } = request;
  const http10 = request.httpVersionMinor === 0;
  // Node's parser also takes HTTP/0.9 and HTTP/2.0, which no upstream here speaks (RFC 9110 15.6.6).
  if (request.httpVersion !== "1.1" && request.httpVersion !== "1.0")
    return { status: 505, reason: "bad_request", detail: "only HTTP/1.0 and HTTP/1.1 are spoken here" };
  if (request.rawHeaders.length > 2 * maxHeaders)
    return { status: 431, reason: "bad_request", detail: "there are too many header fields" };
  const host = hostProblem(head, http10);
  if (host !== undefined) return { status: 400, reason: "bad_request", detail: host };
  if (head.transferEncoding !== undefined) {
    const codings = head.transferEncoding.toLowerCase();
    // Without chunked as its last coding, and in HTTP/1.0, nobody can tell where the body ends (RFC 9112 6.3).
    // Beside Upgrade, Node's parser takes a coding it does not know ("chunked" and a tab) for no body at all.
    if (http10 || head.length >= 0 || head.upgrade !== undefined || !/(?:^|[ \t,])chunked$/.test(codings))
      return { status: 400, reason: "bad_request", detail: "the length of the body is in doubt" };
    // Any other coding would have to be undone (RFC 9112 6.1).
    if (codings !== "chunked")
      return { status: 501, reason: "bad_request", detail: "the transfer coding is not offered" };
  }
  if (head.expect !== undefined && head.expect.toLowerCase() !== "100-continue")
    return { status: 417, reason: "bad_request", detail: "the Expect field asks for something unknown" };
  if (request.method === "TRACE" || request.method === "CONNECT")
    return { status: 405, reason: "bad_request", detail: `${request.method} is not offered` };
  return undefined;
}
