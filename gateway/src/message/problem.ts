import { STATUS_CODES } from "node:http";

/** The gateway's own refusals. */
export interface Problem {
  readonly status: number;
  readonly detail: string;
  /** A word for logs and metrics. */
  readonly reason: string;
}

/** Why a request got no answer, by the error code of Node's sockets; everything else is a bad gateway. */
const byCode: Readonly<Record<string, Problem>> = {
  ECONNREFUSED: { status: 503, reason: "upstream_down", detail: "the service does not accept connections" },
  ENOTFOUND: { status: 503, reason: "upstream_unknown", detail: "the service cannot be found" },
  EAI_AGAIN: { status: 503, reason: "upstream_unknown", detail: "the service cannot be found at the moment" },
  EHOSTUNREACH: { status: 503, reason: "upstream_down", detail: "the service cannot be reached" },
  ENETUNREACH: { status: 503, reason: "upstream_down", detail: "the service cannot be reached" },
  ERR_OVERLOADED: { status: 503, reason: "shed", detail: "the service has too many requests waiting" },
  ERR_CONNECT_TIMEOUT: {
    status: 504,
    reason: "connect_timeout",
    detail: "the service did not accept the connection in time",
  },
  ERR_RESPONSE_TIMEOUT: {
    status: 504,
    reason: "response_timeout",
    detail: "the service did not answer in time",
  },
  ERR_BODY_TIMEOUT: { status: 408, reason: "body_timeout", detail: "the request body stalled" },
  ERR_BODY_TOO_LARGE: {
    status: 413,
    reason: "body_too_large",
    detail: "the request body is larger than this path allows",
  },
};

/** The answer for an error met on the way to an upstream, by its code. */
export function problemFor(code: string): Problem {
  return byCode[code] ?? { status: 502, reason: "bad_answer", detail: "the service gave no valid answer" };
}

/** The body of a refusal (RFC 9457): no internals, and the request id to find it by. */
export function problemBody({ status, detail }: Problem, id: string): string {
  return `${JSON.stringify({ type: "about:blank", title: STATUS_CODES[status] ?? "Error", status, detail, instance: id })}\n`;
}
