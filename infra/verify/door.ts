import { Failed } from "./tried.ts";

/** No answer came to what was sent: nobody knows whether it was carried out. */
export class Unanswered extends Failed {}

/** What says that nothing was sent. */
const unsent = /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT)$/;

/** How long an answer may take, milliseconds: a sign-up takes three seconds on a good day. */
const patience = 20_000;

/** An answer that came through the gateway. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** What the gateway says of itself, where it answered and no service did; undefined for a service's answer. */
  readonly own: string | undefined;
}

/** A stack's gateway, as a client sees it. */
export class Door {
  readonly base: string;

  /** @param base a URL without a path. */
  constructor(base: string) {
    this.base = base;
  }

  /** One request; nothing is followed. @throws {Failed} when nothing answers. */
  async ask(path: string, init: RequestInit = {}): Promise<Answer> {
    try {
      const response = await fetch(`${this.base}${path}`, {
        redirect: "manual",
        signal: AbortSignal.timeout(patience),
        ...init,
      });
      const text = await response.text();
      const { status, headers } = response;
      return { status, headers, text, own: ownWords(headers, text) };
    } catch (error) {
      const { code = "" } = (error as { cause?: { code?: string } }).cause ?? {};
      throw new (unsent.test(code) ? Failed : Unanswered)(`${this.base} ${silence(error)}`);
    }
  }

  /** A service's answer. @throws {Failed} when the gateway answers itself. */
  async service(path: string, init: RequestInit = {}): Promise<Answer> {
    const answer = await this.ask(path, init);
    if (answer.own !== undefined)
      // 504: the service took longer than the gateway waits.
      throw new (answer.status === 504 ? Unanswered : Failed)(
        `${path}: the gateway answers ${answer.status} itself: ${answer.own}`,
      );
    if (!answer.headers.has("x-request-id"))
      throw new Failed(`${path}: ${answer.status} without X-Request-ID, so not from this platform's gateway`);
    return answer;
  }
}

/** Why there is no answer. */
function silence(error: unknown): string {
  const { name, message, cause } = error as Error & { cause?: { code?: string; message?: string } };
  if (name === "TimeoutError") return `does not answer within ${patience / 1000} s`;
  return `does not answer (${cause?.code ?? cause?.message ?? message})`;
}

/**
 * The detail of an answer of the gateway's own: a problem (RFC 9457) whose instance is the request's id, which no service knows to
 * write.
 */
export function ownWords(headers: { get(name: string): string | null }, text: string): string | undefined {
  if (!headers.get("content-type")?.startsWith("application/problem+json")) return undefined;
  const { instance, detail } = parsed(text);
  return typeof detail === "string" && instance !== undefined && instance === headers.get("x-request-id")
    ? detail
    : undefined;
}

/** A JSON object; an empty one for any other text. */
export function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
