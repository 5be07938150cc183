import { createHash } from "node:crypto";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import { log, logRequest } from "./log.ts";
import { traceRequest } from "./tracing.ts";

/** An answer of a role. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request as a handler sees it. */
export interface Call {
  readonly request: IncomingMessage;
  readonly path: string;
  readonly json: () => Promise<Record<string, unknown>>;
  readonly bytes: () => Promise<Buffer>;
}

export type Handler = (call: Call) => Promise<Answer> | Answer;

/** A refusal that a handler throws. */
export class Refusal extends Error {
  readonly status: number;
  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

const largest = 30_000_000;
/** Of a request's head: what the gateway lets pass, with what it adds; Node's own limit is 16 KiB. */
const largestHead = 64 * 1024;

/** Serves handlers by `METHOD /path`; every role echoes requests at /api/v1/echo. */
export function serve(
  service: string,
  port: number,
  routes: Readonly<Record<string, Handler>>,
  unknown: number,
): http.Server {
  const server = http.createServer({ maxHeaderSize: largestHead }, (request, response) => {
    const began = performance.now();
    const path = (request.url ?? "/").split("?", 1)[0] as string;
    const call: Call = {
      request,
      path,
      bytes: () => readAll(request),
      json: async () =>
        JSON.parse((await readAll(request)).toString("utf8") || "{}") as Record<string, unknown>,
    };
    const [route, handler] =
      path === "/api/v1/echo"
        ? [path, () => echo(service, request)]
        : (handlerOf(routes, request.method, path) ?? [undefined, undefined]);
    void traceRequest(request, path, route, async () => {
      const answer = await Promise.resolve()
        .then(() =>
          handler === undefined
            ? ({ status: unknown, body: problem(unknown, "unknown path") } as Answer)
            : handler(call),
        )
        .catch((error: Error): Answer => {
          const status = error instanceof Refusal ? error.status : 500;
          const requestId = request.headers["x-request-id"];
          if (status === 500) log("failed", { requestId, path, reason: error.message });
          return { status, body: problem(status, error.message), type: "application/problem+json" };
        });
      send(request, response, answer);
      logRequest(request, answer.status, began);
      return answer.status;
    });
  });
  // Every address, of either family.
  return server.listen(port, () => log("listening", { service, port }));
}

/** What serves a path, and by which route. */
function handlerOf(
  routes: Readonly<Record<string, Handler>>,
  method: string | undefined,
  path: string,
): readonly [string, Handler] | undefined {
  const asked = `${method} ${path}`;
  const found =
    Object.entries(routes).find(([key]) => key === asked) ??
    Object.entries(routes).find(([key]) => key.endsWith("/*") && asked.startsWith(key.slice(0, -1)));
  return found && [found[0].slice(found[0].indexOf(" ") + 1), found[1]];
}

const problem = (status: number, detail: string) => ({ type: "about:blank", status, detail });

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > largest) throw new Refusal(413, "the body is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function echo(service: string, request: IncomingMessage): Promise<Answer> {
  const body = await readAll(request);
  return {
    status: 200,
    body: {
      service,
      method: request.method,
      url: request.url,
      headers: request.rawHeaders,
      body_bytes: body.length,
      body_sha256: createHash("sha256").update(body).digest("hex"),
    },
  };
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, body, type, headers }: Answer,
): void {
  const id = request.headers["x-request-id"];
  const content =
    body === undefined || Buffer.isBuffer(body) || typeof body === "string"
      ? (body ?? "")
      : `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    "Content-Type": type ?? (typeof body === "string" ? "text/html; charset=utf-8" : "application/json"),
    ...(typeof id === "string" && { "X-Request-ID": id }),
    ...headers,
  });
  response.end(content);
}
