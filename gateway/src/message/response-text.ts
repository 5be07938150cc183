import { STATUS_CODES } from "node:http";

/** Security fields on every answer, as text. */
const securityFields = "X-Frame-Options: DENY\r\nX-Content-Type-Options: nosniff\r\n";

/** What every answer of the gateway says beside its own fields. */
export interface Speaker {
  /** Request id. */
  readonly id: string;
  /** CORS fields and `Vary`, as lines. */
  readonly corsFields: string;
  /** `Connection` with its CRLF, or nothing where the default holds. */
  readonly connectionField: string;
}

/**
 * The one place where the head of an answer is written: for those of upstreams, the gateway's own, 101 and refusals of
 * bytes that are no request.
 * @param reason undefined for the usual phrase.
 * @param fields as lines, each with its CRLF.
 * @param dated whether `fields` hold a `Date` (RFC 9110 6.6.1: exactly one).
 */
export function responseHead(
  { id, corsFields, connectionField }: Speaker,
  status: number,
  reason: string | undefined,
  fields: string,
  dated = false,
): string {
  const date = dated ? "" : `Date: ${httpDate()}\r\n`;
  return `HTTP/1.1 ${status} ${reason ?? STATUS_CODES[status] ?? ""}\r\n${fields}${securityFields}X-Request-ID: ${id}\r\n${date}${corsFields}${connectionField}\r\n`;
}

let dateAt = 0;
let dateText = "";

/** The time as HTTP writes it (RFC 9110 5.6.7), made once a second. */
function httpDate(): string {
  const second = Math.floor(Date.now() / 1000);
  if (second !== dateAt) {
    dateAt = second;
    dateText = new Date(second * 1000).toUTCString();
  }
  return dateText;
}
