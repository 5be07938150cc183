/**
 * A strict reading of HTTP/1.1 bytes (RFC 9112): what a recipient may accept when nothing is forgiven. The suite judges
 * with it what an upstream and a client received, so it shares no code with the gateway or with Node's parser.
 */

/** One whole message. */
export interface Message {
  readonly startLine: string;
  /** Name and value in order, outer white space of the value removed. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly framing: "none" | "length" | "chunked" | "close";
  readonly body: Buffer;
  readonly trailers: readonly (readonly [name: string, value: string])[];
}

/** Messages in order, then what is left over. */
export interface Reading {
  readonly messages: readonly Message[];
  /** Why the bytes after the last whole message are no HTTP. */
  readonly error?: string;
  /** Bytes after the last whole message: an unfinished one, or those that are wrong. */
  readonly rest: Buffer;
  /** The part of an unfinished or broken message's body that was there, with its head. */
  readonly partial?: Omit<Message, "trailers">;
}

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const requestLine = new RegExp(`^${token} [\\x21-\\x7e]+ HTTP/1\\.[01]$`);
const statusLine = /^HTTP\/1\.[01] [1-9]\d\d (?:[\t\x20-\x7e\x80-\xff]*)$/;
const fieldLine = new RegExp(
  `^(${token}):[ \\t]*((?:[\\x21-\\x7e\\x80-\\xff](?:[\\t\\x20-\\x7e\\x80-\\xff]*[\\x21-\\x7e\\x80-\\xff])?)?)[ \\t]*$`,
);
// What stands in an extension does not matter, since no recipient may heed what it does not know (RFC 9112 7.1.1), and
// white space after the size is padding that old servers write. Anything else after the size is no chunk.
const chunkLine = /^([0-9a-fA-F]{1,13})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?[ \t]*$/;

class NotHttp extends Error {
  partial: Omit<Message, "trailers"> | undefined;
}
/** Thrown when the bytes end before the message does. */
class Unfinished extends Error {
  readonly partial: Omit<Message, "trailers"> | undefined;
  constructor(partial?: Omit<Message, "trailers">) {
    super("unfinished");
    this.partial = partial;
  }
}

/** The values of a field by name, letter case ignored. */
export function values(message: Pick<Message, "fields">, name: string): string[] {
  return message.fields.filter(([key]) => key.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
}

/** Whether `Connection` names a field: then it belongs to that connection alone (RFC 9110 7.6.1). */
export const isNamed = (message: Pick<Message, "fields">, name: string): boolean =>
  values(message, "connection")
    .flatMap((value) => value.split(","))
    .some((option) => option.replace(/^[ \t]+|[ \t]+$/g, "").toLowerCase() === name);

/** Status code of an answer. */
export const statusOf = (message: Pick<Message, "startLine">): number =>
  Number(message.startLine.split(" ", 2)[1]);

/** Reads a client's stream of requests; nothing is forgiven. */
export const readRequests = (bytes: Buffer): Reading =>
  readAll(bytes, false, (head) => {
    if (!requestLine.test(head.startLine))
      throw new NotHttp(`request line ${JSON.stringify(head.startLine)}`);
    const hosts = values(head, "host");
    if (hosts.length > 1 || (hosts.length === 0 && head.startLine.endsWith("1")))
      throw new NotHttp(`${hosts.length} Host fields`);
    return framingOf(head, head.startLine.endsWith("HTTP/1.0")) ?? { kind: "none" };
  });

/**
 * Reads a client's stream as a careful server may, so that what follows a refused request is still found. Forgiven are
 * empty lines before a request line, also of a bare LF or CR (RFC 9112 2.2; Node skips them), and more than one space around the target (3);
 * a wrong number of Hosts and codings before a last chunked leave no doubt where the request ends.
 */
export const readAsServer = (bytes: Buffer): Reading =>
  readAll(bytes, true, (head) => {
    const line = head.startLine.replace(/(?<=^[A-Za-z-]+) +| +(?=HTTP\/)/g, " ");
    if (!requestLine.test(line)) throw new NotHttp(`request line ${JSON.stringify(head.startLine)}`);
    const codings = values(head, "transfer-encoding").join(",").toLowerCase();
    if (
      codings !== "chunked" &&
      /(?:^|[ \t,])chunked$/.test(codings) &&
      values(head, "content-length").length === 0
    )
      return { kind: "chunked" };
    return framingOf(head, line.endsWith("HTTP/1.0")) ?? { kind: "none" };
  });

/** Whether a strict reading finds nothing wrong with a request, so that it may be passed on. */
export const isSound = (message: Message): boolean =>
  values(message, "host").length <= 1 &&
  ["", "chunked"].includes(values(message, "transfer-encoding").join(",").toLowerCase());

/**
 * Reads a server's stream of answers.
 * @param methods the methods of the requests they answer, in order; missing ones count as GET.
 * @param closed whether the connection has ended, which ends a body without a length.
 */
export function readResponses(bytes: Buffer, methods: readonly string[] = [], closed = false): Reading {
  let finals = 0;
  return readAll(bytes, false, (head) => {
    if (!statusLine.test(head.startLine)) throw new NotHttp(`status line ${JSON.stringify(head.startLine)}`);
    const status = Number(head.startLine.split(" ", 2)[1]);
    if (status < 200) return status === 101 ? { kind: "tunnel" } : { kind: "none" };
    const method = methods[finals++] ?? "GET";
    const framing = framingOf(head, false);
    if (method === "HEAD" || status === 204 || status === 304) return { kind: "none" };
    return framing ?? (closed ? { kind: "close" } : { kind: "open" });
  });
}

interface Head {
  readonly startLine: string;
  readonly fields: readonly (readonly [string, string])[];
}
type Framing =
  | { readonly kind: "none" | "chunked" | "close" | "open" | "tunnel" }
  | { readonly kind: "length"; readonly length: number };

function readAll(bytes: Buffer, emptyLines: boolean, frame: (head: Head) => Framing): Reading {
  const messages: Message[] = [];
  let at = 0;
  try {
    while (at < bytes.length) {
      while (emptyLines && (bytes[at] === 10 || bytes[at] === 13)) at++;
      if (at === bytes.length) break;
      const end = bytes.indexOf("\r\n\r\n", at);
      // A head that is not complete may already be wrong.
      const text = bytes.toString("latin1", at, end < 0 ? bytes.length : end);
      const lines = text.split("\r\n");
      const whole = end < 0 ? lines.slice(0, -1) : lines;
      if (end >= 0 && lines[0] === "") throw new NotHttp("an empty line before the start line");
      const fields = whole.slice(1).map((line) => field(line));
      if (/[\x00\n]|\r(?!$)/.test(end < 0 ? (lines.at(-1) ?? "") : ""))
        throw new NotHttp("a bare line end or NUL");
      if (end < 0) throw new Unfinished();
      const head = { startLine: lines[0] as string, fields };
      const framing = frame(head);
      if (framing.kind === "tunnel") {
        messages.push({ ...head, framing: "none", body: Buffer.alloc(0), trailers: [] });
        return { messages, rest: bytes.subarray(end + 4) };
      }
      // Until the body is whole, what is left over begins with the head.
      const [message, next] = readBody(bytes, end + 4, head, framing);
      at = next;
      messages.push(message);
    }
  } catch (error) {
    const rest = bytes.subarray(at);
    if (error instanceof NotHttp)
      return {
        messages,
        rest,
        error: error.message,
        ...(error.partial !== undefined && { partial: error.partial }),
      };
    if (error instanceof Unfinished)
      return { messages, rest, ...(error.partial !== undefined && { partial: error.partial }) };
    throw error;
  }
  return { messages, rest: Buffer.alloc(0) };
}

function field(line: string): readonly [string, string] {
  const match = fieldLine.exec(line);
  if (match === null) throw new NotHttp(`field line ${JSON.stringify(line)}`);
  return [match[1] as string, match[2] as string];
}

function framingOf(head: Head, old: boolean): Framing | undefined {
  const lengths = values(head, "content-length");
  const codings = values(head, "transfer-encoding");
  if (codings.length > 0) {
    if (old) throw new NotHttp("Transfer-Encoding in HTTP/1.0");
    if (lengths.length > 0) throw new NotHttp("Content-Length beside Transfer-Encoding");
    if (codings.length > 1 || codings[0]?.toLowerCase() !== "chunked")
      throw new NotHttp(`Transfer-Encoding ${JSON.stringify(codings)}`);
    return { kind: "chunked" };
  }
  if (lengths.length === 0) return undefined;
  if (lengths.length > 1 || !/^\d{1,15}$/.test(lengths[0] as string))
    throw new NotHttp(`Content-Length ${JSON.stringify(lengths)}`);
  return { kind: "length", length: Number(lengths[0]) };
}

function readBody(bytes: Buffer, start: number, head: Head, framing: Framing): [Message, number] {
  if (framing.kind === "chunked") {
    const parts: Buffer[] = [];
    try {
      return readChunks(bytes, start, head, parts);
    } catch (error) {
      if (error instanceof NotHttp)
        error.partial = { ...head, framing: "chunked", body: Buffer.concat(parts) };
      throw error;
    }
  }
  const done = (kind: Message["framing"], body: Buffer): [Message, number] => [
    { ...head, framing: kind, body, trailers: [] },
    start + body.length,
  ];
  if (framing.kind === "close") return done("close", bytes.subarray(start));
  if (framing.kind === "open")
    throw new Unfinished({ ...head, framing: "close", body: bytes.subarray(start) });
  if (framing.kind !== "length") return done("none", Buffer.alloc(0));
  if (bytes.length - start < framing.length)
    throw new Unfinished({ ...head, framing: "length", body: bytes.subarray(start) });
  return done("length", bytes.subarray(start, start + framing.length));
}

function readChunks(bytes: Buffer, start: number, head: Head, parts: Buffer[]): [Message, number] {
  let at = start;
  const unfinished = () => new Unfinished({ ...head, framing: "chunked", body: Buffer.concat(parts) });
  const line = (): string => {
    const end = bytes.indexOf("\r\n", at);
    const text = bytes.toString("latin1", at, end < 0 ? bytes.length : end);
    if (/[\r\n](?!$)|\n$/.test(text)) throw new NotHttp(`a bare line end in ${JSON.stringify(text)}`);
    if (end < 0) throw unfinished();
    at = end + 2;
    return text;
  };
  for (;;) {
    const text = line();
    const match = chunkLine.exec(text);
    if (match === null) throw new NotHttp(`chunk line ${JSON.stringify(text.slice(0, 40))}`);
    const size = Number.parseInt(match[1] as string, 16);
    if (size === 0) break;
    if (bytes.length - at < size + 2) {
      parts.push(bytes.subarray(at, Math.min(bytes.length, at + size)));
      if (bytes.length - at > size && bytes[at + size] !== 13) throw new NotHttp("no CRLF after a chunk");
      throw unfinished();
    }
    parts.push(bytes.subarray(at, at + size));
    at += size;
    if (bytes.toString("latin1", at, at + 2) !== "\r\n") throw new NotHttp("no CRLF after a chunk");
    at += 2;
  }
  const trailers: (readonly [string, string])[] = [];
  for (let text = line(); text !== ""; text = line()) trailers.push(field(text));
  return [{ ...head, framing: "chunked", body: Buffer.concat(parts), trailers }, at];
}
