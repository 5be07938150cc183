import { isAuthority } from "./authority.ts";
import { namedByConnection, RequestField, requestField, withoutNamed } from "./fields.ts";

/** What the gateway must know of a request's fields, read in one pass, and the lines that go on to the upstream. */
export class RequestHead {
  host = "";
  hosts = 0;
  /** Bytes of the body; -1 when `Content-Length` is absent. */
  length = -1;
  transferEncoding: string | undefined;
  connection: string | undefined;
  upgrade: string | undefined;
  expect: string | undefined;
  /** The client's request id when it sent exactly one. */
  requestId: string | undefined;
  requestIds = 0;
  forwardedFor: string | undefined;
  forwardedProto: string | undefined;
  forwardedHost: string | undefined;
  forwardedPort: string | undefined;
  traceparent: string | undefined;
  traceparents = 0;
  tracestate: string | undefined;
  origin: string | undefined;
  corsMethod: string | undefined;
  corsHeaders: string | undefined;
  webSocketKey: string | undefined;
  webSocketVersion: string | undefined;
  /** Whether a body follows. */
  get hasBody(): boolean {
    return this.length > 0 || this.transferEncoding !== undefined;
  }
  /** Fields that are passed on unchanged, as lines in the client's order and spelling. */
  kept = "";
}

const joined = (before: string | undefined, value: string): string =>
  before === undefined ? value : `${before}, ${value}`;

/**
 * Reads Node's flat `rawHeaders`. Node's strict parser has checked names, values and framing already.
 * @param trusted whether the peer is a proxy that is believed who the client is.
 */
export function readRequestHead(raw: readonly string[], trusted: boolean): RequestHead {
  const head = new RequestHead();
  let kept = "";
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    const value = raw[i + 1] as string;
    const kind = requestField(name);
    if (kind === RequestField.keep || note(head, kind, value, trusted)) kept += `${name}: ${value}\r\n`;
  }
  // What means something here has been noted already: naming it takes away the client's line, never the gateway's own.
  const named = head.connection === undefined ? undefined : namedByConnection(head.connection);
  head.kept = named === undefined ? kept : withoutNamed(kept, named);
  return head;
}

/** Takes a field that means something here. @returns whether it is passed on as it is, too. */
function note(head: RequestHead, kind: number, value: string, trusted: boolean): boolean {
  switch (kind) {
    case RequestField.host:
      head.host = value;
      head.hosts++;
      return false;
    case RequestField.contentLength:
      head.length = Number(value);
      return false;
    case RequestField.transferEncoding:
      head.transferEncoding = joined(head.transferEncoding, value);
      return false;
    case RequestField.connection:
      head.connection = joined(head.connection, value);
      return false;
    case RequestField.upgrade:
      head.upgrade = joined(head.upgrade, value);
      return false;
    case RequestField.expect:
      head.expect = joined(head.expect, value);
      return false;
    case RequestField.requestId:
      head.requestId = value;
      head.requestIds++;
      return false;
    case RequestField.forwardedFor:
      head.forwardedFor = joined(head.forwardedFor, value);
      return false;
    case RequestField.forwardedProto:
      head.forwardedProto = value;
      return false;
    case RequestField.forwardedHost:
      head.forwardedHost = value;
      return false;
    case RequestField.forwardedPort:
      head.forwardedPort = value;
      return false;
    case RequestField.spoofable:
      return trusted;
    case RequestField.traceparent:
      head.traceparent = value;
      head.traceparents++;
      return false;
    case RequestField.tracestate:
      head.tracestate = joined(head.tracestate, value);
      return false;
    case RequestField.hop:
    case RequestField.never:
      return false;
    case RequestField.origin:
      head.origin = value;
      return true;
    case RequestField.corsMethod:
      head.corsMethod = value;
      return true;
    case RequestField.corsHeaders:
      head.corsHeaders = value;
      return true;
    case RequestField.webSocketKey:
      head.webSocketKey = value;
      return true;
    case RequestField.webSocketVersion:
      head.webSocketVersion = value;
      return true;
    default:
      return true;
  }
}

/** What is wrong with the Host of a request (RFC 9112 3.2), if anything. */
export function hostProblem(head: RequestHead, http10: boolean): string | undefined {
  if (head.hosts === 1) return isAuthority(head.host) ? undefined : "the Host field is not a host name";
  if (head.hosts > 1) return "there is more than one Host field";
  return http10 ? undefined : "the Host field is missing";
}

/** Whether a request asks for a WebSocket in the one way RFC 6455 4.1 allows. */
export function isWebSocketHandshake(head: RequestHead, method: string, httpVersion: string): boolean {
  return (
    method === "GET" &&
    httpVersion === "1.1" &&
    head.upgrade?.toLowerCase() === "websocket" &&
    head.webSocketKey !== undefined &&
    head.webSocketVersion !== undefined &&
    head.transferEncoding === undefined &&
    head.length <= 0
  );
}
