import { type Message, readRequests, readResponses, statusOf, values } from "../support/strict.ts";

/** Milliseconds that anything may take on a busy machine. */
export const budgetMs = 5_000;

const methods = new Set(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"]);
const plainTarget = /^(?:http:\/\/other\.example)?(\/s\d+)\/r[\w-]+(?:\?[\w=%&]*)?$/;
const framing = new Set(["content-length", "transfer-encoding"]);

/** Whether there is nothing about fields that anybody may refuse; `more` are names beside framing and `X-Fz`. */
const arePlain = (fields: Message["fields"], more: readonly string[]): boolean =>
  fields.every(([name]) => {
    const lower = name.toLowerCase();
    return lower === "x-fz" || framing.has(lower) || more.includes(lower);
  });

/**
 * How many requests at the begin of a stream must be served: nothing is forgiven in them, nothing in them is odd, and
 * what comes before them does not end the connection. Extensions of chunks may be refused (RFC 9112 7.1.1).
 * @param prefix of the route that they are for.
 */
export function mustBeServed(stream: Buffer, prefix: string): number {
  const { messages } = readRequests(stream);
  const odd = messages.findIndex(({ startLine, fields, framing: kind }) => {
    const [method = "", target = "", version] = startLine.split(" ");
    return !(
      methods.has(method) &&
      plainTarget.exec(target)?.[1] === prefix &&
      version === "HTTP/1.1" &&
      values({ fields }, "host").join() === "gw" &&
      arePlain(fields, ["host", "te"]) &&
      !(kind === "chunked" && stream.includes(";"))
    );
  });
  return odd < 0 ? messages.length : odd;
}

/** Whether the gateway must deliver an answer: it is whole, strictly so, and nothing follows it. */
export function mustBeDelivered(answer: string, method: string, ends: boolean): boolean {
  const { messages, rest, error } = readResponses(Buffer.from(answer, "latin1"), [method], ends);
  const last = messages.at(-1);
  if (last === undefined || error !== undefined || rest.length > 0) return false;
  const status = statusOf(last);
  return (
    messages.every((message) => statusOf(message) === 103 || message === last) &&
    status >= 200 &&
    status < 600 &&
    messages.every(({ startLine, fields }) => startLine.startsWith("HTTP/1.1 ") && arePlain(fields, [])) &&
    !(last.framing === "chunked" && answer.includes(";"))
  );
}
