import {
  connectionHas,
  namedByConnection,
  notAToken,
  ResponseField,
  responseField,
  trimmed,
  withoutNamed,
} from "./fields.ts";

/** How a response's body is delimited (RFC 9112 6.3). */
export const Framing = { none: 0, length: 1, chunked: 2, untilClose: 3 } as const;

/** An upstream's answer up to its body. */
export class ResponseHead {
  status = 0;
  reason = "";
  http10 = false;
  /** Body length by `Content-Length`; -1 when absent. */
  length = -1;
  chunked = false;
  /** Whether the connection may carry another request. */
  keepAlive = true;
  /** How long the upstream keeps an idle connection, as `Keep-Alive: timeout` says it. */
  keepAliveSeconds: number | undefined;
  location: string | undefined;
  upgrade: string | undefined;
  webSocketAccept: string | undefined;
  hasDate = false;
  eventStream = false;
  /** Fields that are passed on unchanged, as lines in the upstream's order and spelling. */
  kept = "";
  /** CORS fields, as lines: passed on unless the gateway answers for CORS itself. */
  cors = "";
  /** What `Vary` says, several of them joined. */
  vary: string | undefined;
}

/** Anything that must not stand in a head: control characters, a CR or LF that is no line end. */
const badCharacter = /[^\t\r\n\x20-\x7e\x80-\xff]|\r(?!\n)|(?<!\r)\n/;
const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: (.*))?$/;
const digits = /^\d{1,15}$/;

/**
 * Parses a response head strictly: a lenient reading here would be another reading than the client's.
 * @param text status line and fields, every line with its CRLF, without the empty line, as latin1.
 * @returns undefined when the head is not valid HTTP/1.x; the answer is then a 502.
 */
export function parseResponseHead(text: string): ResponseHead | undefined {
  if (badCharacter.test(text)) return undefined;
  const first = text.indexOf("\r\n");
  const line = statusLine.exec(text.slice(0, first));
  if (line === null) return undefined;
  const head = new ResponseHead();
  head.http10 = line[1] === "0";
  head.status = Number(line[2]);
  head.reason = line[3] ?? "";
  let connection: string | undefined;
  let transferEncoding: string | undefined;
  let kept = "";
  // Neighbouring lines that go on are copied as one slice.
  let run = first + 2;
  for (let at = run; at < text.length; ) {
    const end = text.indexOf("\r\n", at);
    const colon = text.indexOf(":", at);
    if (colon < 0 || colon > end) return undefined;
    const kind = responseField(text.slice(at, colon));
    if (kind === notAToken) return undefined;
    const next = end + 2;
    if (kind !== ResponseField.keep) {
      const value = trimmed(text.slice(colon + 1, end));
      let keep = false;
      switch (kind) {
        case ResponseField.contentLength:
          // Two that differ are a MUST 502 (RFC 9112 6.3); two that agree are merged.
          if (!digits.test(value) || (head.length >= 0 && head.length !== Number(value))) return undefined;
          head.length = Number(value);
          break;
        case ResponseField.transferEncoding:
          transferEncoding = transferEncoding === undefined ? value : `${transferEncoding},${value}`;
          break;
        case ResponseField.connection:
          connection = connection === undefined ? value : `${connection},${value}`;
          break;
        case ResponseField.keepAlive: {
          const [, seconds] = /(?:^|[\s,;])timeout=(\d{1,6})/i.exec(value) ?? [];
          if (seconds !== undefined) head.keepAliveSeconds = Number(seconds);
          break;
        }
        case ResponseField.upgrade:
          head.upgrade = value;
          break;
        case ResponseField.location:
          // A second Location could not be repaired as one; the first counts.
          head.location ??= value;
          break;
        case ResponseField.date:
          keep = !head.hasDate;
          head.hasDate = true;
          break;
        case ResponseField.contentType:
          keep = true;
          head.eventStream = /^text\/event-stream/i.test(value);
          break;
        case ResponseField.webSocketAccept:
          keep = true;
          // Two of them are none that a client could check.
          head.webSocketAccept =
            head.webSocketAccept === undefined ? value : `${head.webSocketAccept}, ${value}`;
          break;
        case ResponseField.vary:
          head.vary = head.vary === undefined ? value : `${head.vary}, ${value}`;
          break;
        case ResponseField.cors:
          head.cors += text.slice(at, next);
          break;
        default:
      }
      if (!keep) {
        kept += text.slice(run, at);
        run = next;
      }
    }
    at = next;
  }
  head.kept = kept + text.slice(run);
  if (transferEncoding !== undefined) {
    // Any other coding would have to be undone; beside a length it is an attempt to confuse; HTTP/1.0 has none.
    if (transferEncoding.toLowerCase() !== "chunked" || head.length >= 0 || head.http10) return undefined;
    head.chunked = true;
  }
  if (connection === undefined) head.keepAlive = !head.http10;
  else {
    head.keepAlive =
      !connectionHas(connection, "close") && (!head.http10 || connectionHas(connection, "keep-alive"));
    const named = namedByConnection(connection);
    if (named !== undefined) head.kept = withoutNamed(head.kept, named);
  }
  return head;
}

/** How the body after a head ends, for a request of this method (RFC 9112 6.3). */
export function framingOf(head: ResponseHead, method: string): number {
  if (method === "HEAD" || head.status === 204 || head.status === 304) return Framing.none;
  if (head.chunked) return Framing.chunked;
  if (head.length >= 0) return head.length === 0 ? Framing.none : Framing.length;
  return Framing.untilClose;
}
