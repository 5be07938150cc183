import http, { type Agent, type IncomingMessage, type ServerResponse } from "node:http";
import type { Route } from "../../../config/route-table.ts";
import { type ClientFacts, requestHeaders, responseHeaders } from "../message/headers.ts";
import { type Problem, problemFor } from "../message/problem.ts";
import { repairLocation } from "../routing/router.ts";
import type { Settings } from "../settings.ts";

/** One request on its way. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly route: Route;
  readonly target: string;
  readonly client: ClientFacts;
}

const coded = (code: string): NodeJS.ErrnoException => Object.assign(new Error(code), { code });
/** Methods that may be sent twice (RFC 9110 9.2.2), and that usually come without a body. */
const repeatable = new Set(["GET", "HEAD", "OPTIONS"]);

/** Length of the body a request announces: a number, "chunked", or undefined for none. */
function framing(request: IncomingMessage): number | "chunked" | undefined {
  if (request.headers["transfer-encoding"] !== undefined) return "chunked";
  const length = request.headers["content-length"];
  return length === undefined ? undefined : Number(length);
}

/**
 * Sends a request to its upstream and streams the answer back; neither body is gathered in memory.
 * @param refuse answers the client when nothing has been sent to it yet.
 */
export function forward(
  exchange: Exchange,
  settings: Settings,
  agent: Agent,
  refuse: (problem: Problem) => void,
): void {
  const { request, response, route } = exchange;
  const body = framing(request);
  const most = route.max_body_bytes ?? settings.maxBodyBytes;
  if (typeof body === "number" && body > most) {
    refuse(problemFor(coded("ERR_BODY_TOO_LARGE")));
    return;
  }
  if (request.headers.expect?.toLowerCase() === "100-continue") response.writeContinue();
  attempt(exchange, settings, agent, refuse, body, most, true);
}

function attempt(
  exchange: Exchange,
  settings: Settings,
  agent: Agent,
  refuse: (problem: Problem) => void,
  body: number | "chunked" | undefined,
  most: number,
  mayRetry: boolean,
): void {
  const { request, response, route, target, client } = exchange;
  const headers = requestHeaders(request, client);
  if (body === "chunked") headers.push("Transfer-Encoding", "chunked");
  else if (body !== undefined) headers.push("Content-Length", String(body));
  const upstream = http.request({
    host: route.host,
    port: route.port,
    method: request.method ?? "GET",
    path: target,
    headers,
    agent,
    setDefaultHeaders: false,
    maxHeaderSize: settings.maxHeaderBytes,
  });
  let settled = false;
  const timers = watch(upstream, settings, route);

  const failed = (error: NodeJS.ErrnoException) => {
    timers.stop();
    if (settled) return;
    settled = true;
    response.off("close", clientGone);
    upstream.destroy();
    const reset = error.code === "ECONNRESET" || error.code === "EPIPE";
    // A kept connection may have been closed by the upstream just as it was taken: one more try, on another.
    if (
      mayRetry &&
      reset &&
      upstream.reusedSocket &&
      body === undefined &&
      repeatable.has(request.method ?? "")
    ) {
      attempt(exchange, settings, agent, refuse, body, most, false);
      return;
    }
    if (response.headersSent) response.destroy();
    else refuse(problemFor(error));
  };
  const clientGone = () => {
    if (settled || response.writableFinished) return;
    settled = true;
    timers.stop();
    upstream.destroy();
  };
  response.once("close", clientGone);
  upstream.on("error", failed);
  upstream.on("response", (answer) => {
    timers.answered();
    if (settled) {
      answer.destroy();
      return;
    }
    // A 101 nobody asked for would turn the connection into something else (RFC 9110 15.2.2).
    if (answer.statusCode === 101 || bothFramings(answer)) {
      failed(coded("ERR_BAD_RESPONSE"));
      return;
    }
    respond(exchange, answer, timers, () => {
      settled = true;
    });
  });
  upstream.on("upgrade", (_answer, socket) => {
    socket.destroy();
    failed(coded("ERR_BAD_RESPONSE"));
  });
  sendBody(request, upstream, body, most, settings, failed);
}

/** Content-Length beside Transfer-Encoding is an attempt to confuse (RFC 9112 6.3). */
const bothFramings = (answer: IncomingMessage): boolean =>
  answer.headers["transfer-encoding"] !== undefined && answer.headers["content-length"] !== undefined;

function respond(exchange: Exchange, answer: IncomingMessage, timers: Timers, settle: () => void): void {
  const { request, response, route, client } = exchange;
  const headers = responseHeaders(answer, client.id, (location) =>
    repairLocation(route, location, client.host),
  );
  response.sendDate = answer.headers.date === undefined;
  // Bytes of a request we answered before reading it all could be taken for another request.
  if (!request.complete) {
    response.shouldKeepAlive = false;
    headers.push("Connection", "close");
  }
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage ?? "", headers);
  response.flushHeaders();
  answer.on("data", (chunk: Buffer) => {
    if (!response.write(chunk)) answer.pause();
  });
  response.on("drain", () => answer.resume());
  answer.on("end", () => {
    settle();
    timers.stop();
    response.end();
  });
  // An answer that was cut must not look whole: the client's connection is cut too (RFC 9112 8).
  const cut = () => {
    if (response.writableEnded) return;
    settle();
    timers.stop();
    response.destroy();
  };
  answer.on("error", cut);
  answer.on("aborted", cut);
  response.once("close", () => {
    if (!response.writableFinished) answer.destroy();
  });
}

function sendBody(
  request: IncomingMessage,
  upstream: http.ClientRequest,
  body: number | "chunked" | undefined,
  most: number,
  settings: Settings,
  failed: (error: NodeJS.ErrnoException) => void,
): void {
  if (body === undefined || body === 0) {
    upstream.end();
    return;
  }
  let received = 0;
  const stall = setTimeout(() => failed(coded("ERR_BODY_TIMEOUT")), settings.bodyTimeout);
  const stop = () => clearTimeout(stall);
  request.on("data", (chunk: Buffer) => {
    stall.refresh();
    received += chunk.length;
    if (received > most) {
      stop();
      failed(coded("ERR_BODY_TOO_LARGE"));
      return;
    }
    if (!upstream.write(chunk)) {
      request.pause();
      // An upstream that does not read is not the client's stall.
      stop();
      upstream.once("drain", () => {
        stall.refresh();
        request.resume();
      });
    }
  });
  request.on("end", () => {
    stop();
    upstream.end();
  });
  // A client that left half-way: the upstream must never see a complete request.
  request.on("aborted", () => {
    stop();
    upstream.destroy();
  });
  upstream.on("close", stop);
}

interface Timers {
  answered(): void;
  stop(): void;
}

/** Time-outs of one attempt: to connect, then to the first byte of the answer. None runs once it has begun. */
function watch(upstream: http.ClientRequest, settings: Settings, route: Route): Timers {
  const response = route.timeouts?.response_ms ?? settings.responseTimeout;
  let timer: NodeJS.Timeout | undefined;
  const limit = (ms: number, code: string) => {
    clearTimeout(timer);
    timer = setTimeout(() => upstream.destroy(coded(code)), ms);
  };
  upstream.once("socket", (socket) => {
    if (!socket.connecting) return limit(response, "ERR_RESPONSE_TIMEOUT");
    limit(settings.connectTimeout, "ERR_CONNECT_TIMEOUT");
    socket.once("connect", () => limit(response, "ERR_RESPONSE_TIMEOUT"));
  });
  const stop = () => clearTimeout(timer);
  return { answered: stop, stop };
}
