import http, { Agent, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { RouteTable } from "../../../config/route-table.ts";
import { type ClientFacts, hostProblem, requestIdOf, securityHeaders } from "../message/headers.ts";
import { type Problem, problemBody } from "../message/problem.ts";
import type { Log } from "../observe/access-log.ts";
import { compileRouter, type Decision } from "../routing/router.ts";
import type { Settings } from "../settings.ts";
import { forward } from "./forward.ts";
import { Readiness } from "./readiness.ts";
import { isWebSocket, tunnel } from "./upgrade.ts";

/** A running gateway. */
export interface Gateway {
  readonly server: Server;
  /** Takes over another routing table; requests under way keep theirs. */
  use(table: RouteTable): void;
  /** Stops: no new connections, running requests finish until the drain time is over. */
  close(): Promise<void>;
}

const own = "/_gateway";

/** Builds the gateway's server; the caller lets it listen. */
export function createGateway(table: RouteTable, settings: Settings, log: Log): Gateway {
  let route = compileRouter(table);
  let draining = false;
  const readiness = new Readiness(table);
  // Kept connections are closed here before Phoenix closes them at 60 s; the freshest is used first.
  const agent = new Agent({
    keepAlive: true,
    scheduling: "lifo",
    maxSockets: 1024,
    maxFreeSockets: 256,
    timeout: 50_000,
  });
  const tunnels = new Set<Socket>();
  const connections = new Set<Socket>();

  const server = http.createServer({
    maxHeaderSize: settings.maxHeaderBytes,
    headersTimeout: settings.headersTimeout,
    // Bodies have a stall limit of their own; a long upload is not an attack.
    requestTimeout: 0,
    keepAliveTimeout: 65_000,
    connectionsCheckingInterval: Math.min(settings.headersTimeout, 5_000),
    insecureHTTPParser: false,
    requireHostHeader: false,
    // Upgrades this gateway does not take are answered as plain requests, not hung up on.
    shouldUpgradeCallback: (request) => isWebSocket(request) && takesWebSocket(request),
  });
  server.on("connection", (socket) => {
    connections.add(socket);
    socket.once("close", () => connections.delete(socket));
  });
  server.on("request", (request, response) => handle(request, response));
  server.on("checkContinue", (request, response) => handle(request, response));
  server.on("checkExpectation", (request, response) =>
    handle(request, response, { status: 417, detail: "the Expect field asks for something unknown" }),
  );
  server.on("upgrade", (request, socket, head) => handleUpgrade(request, socket as Socket, head));
  server.on("connect", (_request, socket) =>
    socket.end(bare({ status: 405, detail: "CONNECT is not offered" })),
  );
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable || error.code === "ECONNRESET") return socket.destroy();
    const status =
      error.code === "HPE_HEADER_OVERFLOW" ? 431 : error.code === "ERR_HTTP_REQUEST_TIMEOUT" ? 408 : 400;
    log.event("client-error", { code: error.code ?? "unknown", status });
    socket.end(bare({ status, detail: "the request is not valid HTTP" }));
  });

  function takesWebSocket(request: IncomingMessage): boolean {
    const decision = decide(request);
    return "route" in decision && decision.route.websocket === true;
  }

  /** The target in origin form; an absolute one is taken apart, and its authority replaces Host (RFC 9112 3.2.2). */
  function origin(request: IncomingMessage): { readonly target: string; readonly host: string } {
    const url = request.url ?? "/";
    const host = request.headers.host ?? "";
    const absolute = /^http:\/\/([^/?#@\s]+)(.*)$/i.exec(url);
    if (absolute === null) return { target: url, host };
    const rest = absolute[2] ?? "";
    return { target: rest.startsWith("/") ? rest : `/${rest}`, host: absolute[1] as string };
  }

  function decide(request: IncomingMessage): Decision {
    const problem = hostProblem(request);
    if (problem !== undefined) return { refuse: 400, detail: problem };
    return route(origin(request).target);
  }

  function facts(request: IncomingMessage): ClientFacts {
    const address = (request.socket.remoteAddress ?? "").replace(/^::ffff:/, "");
    return {
      address,
      trusted: settings.trusted(address),
      id: requestIdOf(request),
      host: origin(request).host || `localhost:${request.socket.localPort ?? ""}`,
    };
  }

  function handle(request: IncomingMessage, response: ServerResponse, refusal?: Problem): void {
    const start = performance.now();
    const client = facts(request);
    let name: string | undefined;
    const before = request.socket.bytesWritten;
    response.once("close", () =>
      log.access({
        id: client.id,
        method: request.method ?? "",
        target: request.url ?? "",
        // 499: the client left before it had an answer.
        status: response.headersSent ? response.statusCode : 499,
        ms: Math.round((performance.now() - start) * 10) / 10,
        bytesOut: request.socket.bytesWritten - before,
        route: name,
        client: client.address,
      }),
    );
    request.on("error", () => {});
    response.on("error", () => {});
    const refuse = (problem: Problem) => answer(request, response, client.id, problem);
    if (refusal !== undefined) return refuse(refusal);
    if (request.method === "TRACE") return refuse({ status: 405, detail: "TRACE is not offered" });
    if (request.method === "OPTIONS" && request.url === "*")
      return send(request, response, client.id, 204, "");
    const decision = decide(request);
    const path = request.url?.split("?", 1)[0] ?? "";
    if (path === own || path.startsWith(`${own}/`)) return void ownPath(request, response, client.id, path);
    if ("refuse" in decision) return refuse({ status: decision.refuse, detail: decision.detail });
    name = decision.route.name;
    if (draining) response.shouldKeepAlive = false;
    forward({ request, response, client, ...decision }, settings, agent, refuse);
  }

  function handleUpgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const start = performance.now();
    const client = facts(request);
    const decision = decide(request);
    const refuse = (problem: Problem) => {
      record(problem.status);
      socket.end(bare(problem, client.id));
    };
    const record = (status: number) =>
      log.access({
        id: client.id,
        method: "GET",
        target: request.url ?? "",
        status,
        ms: Math.round((performance.now() - start) * 10) / 10,
        bytesOut: 0,
        route: "route" in decision ? decision.route.name : undefined,
        client: client.address,
        upgrade: true,
      });
    if ("refuse" in decision) return refuse({ status: decision.refuse, detail: decision.detail });
    if (draining) return refuse({ status: 503, detail: "the gateway is shutting down" });
    tunnels.add(socket);
    socket.once("close", () => tunnels.delete(socket));
    tunnel({ request, socket, head, client, ...decision }, settings, refuse, record);
  }

  async function ownPath(
    request: IncomingMessage,
    response: ServerResponse,
    id: string,
    path: string,
  ): Promise<void> {
    const get = request.method === "GET" || request.method === "HEAD";
    if (get && path === `${own}/health`) return send(request, response, id, 200, '{"status":"ok"}\n');
    if (!get || path !== `${own}/ready`)
      return answer(request, response, id, { status: 404, detail: "no such path" });
    const upstreams = await readiness.states();
    const ready = !draining && upstreams.every(({ status }) => status === "ok");
    const body = { status: draining ? "draining" : ready ? "ok" : "failed", upstreams };
    send(request, response, id, ready ? 200 : 503, `${JSON.stringify(body)}\n`);
  }

  return {
    server,
    use(next) {
      route = compileRouter(next);
      readiness.use(next);
    },
    async close() {
      draining = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      // Node counts a connection as idle only after its first request.
      for (const socket of connections) if (socket.bytesRead === 0) socket.destroy();
      const sweep = setInterval(() => server.closeIdleConnections(), 100);
      const deadline = setTimeout(() => {
        for (const socket of tunnels) socket.destroy();
        server.closeAllConnections();
      }, settings.drain);
      await closed;
      for (const socket of tunnels) socket.destroy();
      clearInterval(sweep);
      clearTimeout(deadline);
      agent.destroy();
    },
  };
}

/** Answers by ourselves; an unread body makes the connection unfit for another request. */
function answer(request: IncomingMessage, response: ServerResponse, id: string, problem: Problem): void {
  send(request, response, id, problem.status, problemBody(problem, id), "application/problem+json");
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  id: string,
  status: number,
  body: string,
  type = "application/json",
): void {
  if (response.headersSent || response.destroyed) return;
  const headers: string[] = [...securityHeaders, "X-Request-ID", id, "Cache-Control", "no-store"];
  if (body !== "") headers.push("Content-Type", type, "Content-Length", String(Buffer.byteLength(body)));
  const unread =
    request.headers["transfer-encoding"] !== undefined || Number(request.headers["content-length"] ?? 0) > 0;
  if (unread && !request.complete) {
    response.shouldKeepAlive = false;
    headers.push("Connection", "close");
  }
  response.writeHead(status, headers);
  response.end(request.method === "HEAD" ? "" : body);
}

/** A whole refusal for a socket that has no response object. */
function bare(problem: Problem, id = "-"): string {
  const body = problemBody(problem, id);
  const fields = [...securityHeaders, "Content-Type", "application/problem+json"];
  fields.push(
    "Content-Length",
    String(Buffer.byteLength(body)),
    "Connection",
    "close",
    "Date",
    new Date().toUTCString(),
  );
  if (id !== "-") fields.push("X-Request-ID", id);
  let head = `HTTP/1.1 ${problem.status} ${http.STATUS_CODES[problem.status] ?? ""}\r\n`;
  for (let i = 0; i < fields.length; i += 2) head += `${fields[i]}: ${fields[i + 1]}\r\n`;
  return `${head}\r\n${body}`;
}
