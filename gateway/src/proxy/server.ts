import http, { type Server, type ServerResponse } from "node:http";
import net, { type Socket } from "node:net";
import type { Route, RouteTable } from "../../../config/route-table.ts";
import { type Cors, isPreflight, preflightVary } from "../edge/cors.ts";
import type { Problem } from "../message/problem.ts";
import { hostProblem, isWebSocketHandshake } from "../message/request-head.ts";
import type { AccessLog } from "../observe/access-log.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { SpanExporter } from "../observe/otlp.ts";
import { gatewaySource } from "../observe/sources.ts";
import { traceOf } from "../observe/trace.ts";
import { compileRouter, type Decision } from "../routing/router.ts";
import type { Settings } from "../settings.ts";
import type { Pool } from "../upstream/pool.ts";
import { ClientConnection, type ConnectionHandler } from "./client-connection.ts";
import { Deadlines } from "./deadlines.ts";
import { Exchange, type ExchangeObserver } from "./exchange.ts";
import { Forward, type ForwardContext } from "./forward.ts";
import { GatewayRequest } from "./incoming.ts";
import { Readiness } from "./readiness.ts";
import { bareRefusal, clientAddress, fieldLines, requestIdOf, requestOrigin } from "./request-facts.ts";
import { type RouteState, routeStates } from "./route-state.ts";
import { Tunnel, type TunnelObserver } from "./tunnel.ts";
import { traceFields, upstreamHead } from "./upstream-request.ts";

/** A running gateway. */
export interface Gateway {
  readonly server: Server;
  /** Takes over another routing table; requests under way keep theirs. */
  use(table: RouteTable): void;
  /** Stops: no new connections, running requests finish until the drain time is over. */
  close(): Promise<void>;
}

const own = "/_gateway";
/** Idle client connections are kept this long, milliseconds: longer than a load balancer's 60 s. */
const clientIdle = 75_000;
/** While draining, a connection used this recently may send one more request and is told to close with its answer. */
const drainGrace = 1_000;

/** Where a gateway tells what it does. */
export interface Observers {
  readonly log: AccessLog;
  readonly metrics: Metrics;
  readonly spans?: SpanExporter | undefined;
}

/** Builds the gateway's server; the caller lets it listen. */
export function createGateway(table: RouteTable, settings: Settings, observers: Observers): Gateway {
  return new GatewayServer(table, settings, observers);
}

class GatewayServer implements Gateway, ConnectionHandler, ExchangeObserver, ForwardContext {
  readonly server: Server;
  readonly deadlines = new Deadlines();
  readonly bodyTimeout: number;
  readonly transferTimeout: number;
  draining = false;
  #drainingSince = 0;
  #now = performance.now();
  #decide: (target: string) => Decision;
  #states: ReadonlyMap<Route, RouteState>;
  #pools: Map<string, Pool>;
  readonly #settings: Settings;
  readonly #log: AccessLog;
  readonly #metrics: Metrics;
  readonly #spans: SpanExporter | undefined;
  readonly #readiness: Readiness;
  readonly #clients = new Set<ClientConnection>();
  readonly #tunnels = new Set<Tunnel>();
  readonly #sweeper: NodeJS.Timeout;
  readonly #tunnelObserver: TunnelObserver;

  constructor(table: RouteTable, settings: Settings, { log, metrics, spans }: Observers) {
    this.#settings = settings;
    this.#log = log;
    this.#metrics = metrics;
    this.#spans = spans;
    metrics.observe(gatewaySource(this));
    this.bodyTimeout = settings.bodyTimeout;
    this.transferTimeout = settings.tunnelIdle;
    this.#decide = compileRouter(table);
    const { states, pools } = routeStates(table, settings, metrics, new Map());
    this.#states = states;
    this.#pools = pools;
    this.#readiness = new Readiness(table);
    this.#tunnelObserver = this.#observeTunnels();
    this.server = this.#createServer();
    const shortest = Math.min(
      settings.connectTimeout,
      settings.bodyTimeout,
      settings.responseTimeout,
      settings.tunnelIdle,
    );
    this.#sweeper = setInterval(() => this.#sweep(), Math.min(250, Math.max(10, shortest / 8))).unref();
  }

  now(): number {
    return this.#now;
  }

  onRetry(): void {
    this.#metrics.retries++;
  }

  *pools() {
    for (const [upstream, pool] of this.#pools) {
      const { open, idle, waiting } = pool.state;
      yield { upstream, idle, busy: open - idle, waiting };
    }
  }

  connections(): number {
    return this.#clients.size;
  }

  inFlight(): number {
    let count = 0;
    for (const client of this.#clients) if (client.current !== undefined) count++;
    return count;
  }

  tunnels(): number {
    return this.#tunnels.size;
  }

  logLinesDropped(): number {
    return this.#log.dropped;
  }

  use(table: RouteTable): void {
    const { states, pools } = routeStates(table, this.#settings, this.#metrics, this.#pools);
    for (const [key, pool] of this.#pools) if (!pools.has(key)) pool.close();
    this.#decide = compileRouter(table);
    this.#states = states;
    this.#pools = pools;
    this.#readiness.use(table);
  }

  async close(): Promise<void> {
    this.draining = true;
    this.#drainingSince = performance.now();
    // The HTTP server's own close() ends every idle connection at once, also one whose next request is on its way.
    const closed = new Promise<void>((resolve) =>
      net.Server.prototype.close.call(this.server, () => resolve()),
    );
    const closeIdle = setInterval(() => this.#closeIdleClients(), 50);
    this.#closeIdleClients();
    const deadline = setTimeout(() => {
      for (const tunnel of this.#tunnels) tunnel.destroy();
      for (const client of this.#clients) client.socket.destroy();
    }, this.#settings.drain);
    await closed;
    for (const tunnel of this.#tunnels) tunnel.destroy();
    clearInterval(closeIdle);
    clearTimeout(deadline);
    clearInterval(this.#sweeper);
    for (const pool of this.#pools.values()) pool.close();
  }

  /** Handles a client's next request. */
  begin(client: ClientConnection, request: GatewayRequest, response: ServerResponse): void {
    const start = performance.now();
    this.#now = start;
    const { head } = request;
    const exchange = new Exchange(
      client,
      request,
      response,
      requestIdOf(head),
      start,
      this.#metrics.unrouted,
      this,
    );
    if (client.trusted) exchange.client = clientAddress(client, head, this.#settings.trusted);
    const problem = this.#requestProblem(request);
    if (problem !== undefined) {
      exchange.closesAnyway = true;
      return exchange.refuse(problem);
    }
    const { target, host } = requestOrigin(exchange.target, head.host);
    // An HTTP/1.0 client may send no Host, but exactly one goes on (RFC 9112 3.2).
    exchange.host = host === "" ? `localhost:${client.localPort}` : host;
    if (exchange.method === "OPTIONS" && target === "*") return exchange.reply(204, "");
    const decision = this.#decide(target);
    if ("refuse" in decision) {
      if (isOwn(target)) return void this.#ownPath(exchange, target);
      return exchange.refuse({
        status: decision.refuse,
        detail: decision.detail,
        reason: decision.refuse === 404 ? "no_route" : "bad_request",
      });
    }
    if (isOwn(target)) return void this.#ownPath(exchange, target);
    const state = this.#states.get(decision.route) as RouteState;
    exchange.route = decision.route.name;
    exchange.metrics = state.metrics;
    const wait = state.rateLimiter?.take(exchange.client, start) ?? 0;
    if (wait > 0) return exchange.refuse(tooMany, `Retry-After: ${wait}\r\n`);
    if (state.cors !== undefined && isPreflight(exchange.method, head.origin, head.corsMethod))
      return this.#preflight(exchange, state.cors);
    if (this.#spans !== undefined)
      exchange.trace = traceOf(head.traceparents === 1 ? head.traceparent : undefined, true);
    new Forward(exchange, state, decision.target, this).start(start);
  }

  onOver(exchange: Exchange): void {
    exchange.metrics.record(exchange.status, exchange.durationMs);
    if (exchange.outcome !== undefined) this.#metrics.refused(exchange.outcome);
    this.#log.request(exchange);
    const { trace } = exchange;
    if (trace !== undefined)
      this.#spans?.record({
        trace,
        method: exchange.method,
        path: exchange.target.split("?", 1)[0] ?? "",
        status: exchange.status,
        route: exchange.route,
        client: exchange.client,
        upstream: exchange.upstream,
        startMs: Date.now() - exchange.durationMs,
        durationMs: exchange.durationMs,
      });
  }

  #preflight(exchange: Exchange, cors: Cors): void {
    const { origin = "", corsMethod = "", corsHeaders } = exchange.head;
    const allowed = cors.preflight(origin, corsMethod, corsHeaders);
    if (allowed === undefined) exchange.refuse(notAllowed, fieldLines(preflightVary));
    else exchange.reply(204, "", undefined, fieldLines(allowed));
  }

  /** What Node's parser lets through and this gateway does not. */
  #requestProblem(request: GatewayRequest): Problem | undefined {
    const { head } = request;
    const http10 = request.httpVersionMinor === 0;
    // Node's parser also takes HTTP/0.9 and HTTP/2.0, which no upstream here speaks (RFC 9110 15.6.6).
    if (request.httpVersion !== "1.1" && request.httpVersion !== "1.0")
      return { status: 505, reason: "bad_request", detail: "only HTTP/1.0 and HTTP/1.1 are spoken here" };
    if (request.rawHeaders.length > 2 * this.#settings.maxHeaders)
      return { status: 431, reason: "bad_request", detail: "there are too many header fields" };
    const host = hostProblem(head, http10);
    if (host !== undefined) return { status: 400, reason: "bad_request", detail: host };
    if (head.transferEncoding !== undefined) {
      const codings = head.transferEncoding.toLowerCase();
      // Without chunked as its last coding, and in HTTP/1.0, nobody can tell where the body ends (RFC 9112 6.3).
      // Beside Upgrade, Node's parser takes a coding it does not know ("chunked" and a tab) for no body at all.
      if (http10 || head.length >= 0 || head.upgrade !== undefined || !/(?:^|[ \t,])chunked$/.test(codings))
        return { status: 400, reason: "bad_request", detail: "the length of the body is in doubt" };
      // Any other coding would have to be undone (RFC 9112 6.1).
      if (codings !== "chunked")
        return { status: 501, reason: "bad_request", detail: "the transfer coding is not offered" };
    }
    if (head.expect !== undefined && head.expect.toLowerCase() !== "100-continue")
      return { status: 417, reason: "bad_request", detail: "the Expect field asks for something unknown" };
    if (request.method === "TRACE" || request.method === "CONNECT")
      return { status: 405, reason: "bad_request", detail: `${request.method} is not offered` };
    return undefined;
  }

  async #ownPath(exchange: Exchange, target: string): Promise<void> {
    const path = target.split("?", 1)[0];
    const get = exchange.method === "GET" || exchange.method === "HEAD";
    if (get && path === `${own}/health`) return exchange.reply(200, '{"status":"ok"}\n');
    if (!get || path !== `${own}/ready`)
      return exchange.refuse({ status: 404, reason: "no_route", detail: "no such path" });
    const upstreams = await this.#readiness.states();
    const ready = !this.draining && upstreams.every(({ status }) => status === "ok");
    const status = this.draining ? "draining" : ready ? "ok" : "failed";
    exchange.reply(ready ? 200 : 503, `${JSON.stringify({ status, upstreams })}\n`);
  }

  #createServer(): Server {
    const settings = this.#settings;
    const server = http.createServer({
      IncomingMessage: GatewayRequest,
      maxHeaderSize: settings.maxHeaderBytes,
      headersTimeout: settings.headersTimeout,
      // Bodies have a stall limit of their own; a long upload is not an attack.
      requestTimeout: 0,
      // Idle connections are swept together.
      keepAliveTimeout: 0,
      connectionsCheckingInterval: Math.min(1_000, Math.max(50, settings.headersTimeout / 4)),
      insecureHTTPParser: false,
      requireHostHeader: false,
      // Upgrades this gateway does not take are handled as plain requests, not hung up on.
      shouldUpgradeCallback: (request) => this.#takesUpgrade(request as GatewayRequest),
    });
    // Node would drop the fields beyond its limit without a word.
    server.maxHeadersCount = 0;
    server.on("connection", (socket) => this.#onConnection(socket));
    const take = (request: http.IncomingMessage, response: ServerResponse) => {
      const incoming = request as GatewayRequest;
      incoming.peer.take(incoming, response);
    };
    server.on("request", take);
    server.on("checkContinue", take);
    server.on("checkExpectation", take);
    server.on("upgrade", (request, socket, early) =>
      this.#onUpgrade(request as GatewayRequest, socket as Socket, early),
    );
    server.on("connect", (_request, socket) => {
      socket.on("error", () => socket.destroy());
      socket.end(bareRefusal({ status: 405, reason: "bad_request", detail: "CONNECT is not offered" }));
    });
    server.on("clientError", (error: NodeJS.ErrnoException, socket) =>
      this.#onClientError(error, socket as Socket),
    );
    return server;
  }

  #onConnection(socket: Socket): void {
    const client = new ClientConnection(socket, this, this.#settings.trusted, performance.now());
    this.#clients.add(client);
    socket.once("close", () => this.#clients.delete(client));
  }

  #onClientError(error: NodeJS.ErrnoException, socket: Socket): void {
    const { gatewayClient: client } = socket as unknown as { gatewayClient: ClientConnection | undefined };
    if (client === undefined || !socket.writable || error.code === "ECONNRESET" || error.code === "EPIPE")
      return void socket.destroy();
    const status = statusOfParseError(error.code);
    this.#log.event("client-error", { code: error.code ?? "unknown", status, client: client.address });
    const problem = { status, reason: "bad_request", detail: "the request is not valid HTTP" };
    this.#metrics.refused(problem.reason);
    this.#metrics.unrouted.record(status, 0);
    const { current } = client;
    if (current !== undefined && !current.request.complete) {
      // The body of the request under way: nothing of it may look complete to the upstream.
      current.fail(problem);
      return;
    }
    client.refuse(bareRefusal(problem), performance.now());
  }

  #takesUpgrade(request: GatewayRequest): boolean {
    const { head, peer: client } = request;
    if (client.current !== undefined || client.closing) return false;
    if (!isWebSocketHandshake(head, request.method ?? "", request.httpVersion)) return false;
    if (hostProblem(head, false) !== undefined) return false;
    const decision = this.#decide(requestOrigin(request.url ?? "", head.host).target);
    return "route" in decision && decision.route.websocket === true;
  }

  #onUpgrade(request: GatewayRequest, socket: Socket, early: Buffer): void {
    this.#now = performance.now();
    const { head, peer: client } = request;
    const { target, host } = requestOrigin(request.url ?? "", head.host);
    const id = requestIdOf(head);
    const decision = this.#decide(target);
    if ("refuse" in decision || this.draining) {
      socket.on("error", () => socket.destroy());
      const problem = this.draining
        ? { status: 503, reason: "draining", detail: "the gateway is shutting down" }
        : { status: 400, reason: "bad_request", detail: "no upgrade is offered here" };
      socket.end(bareRefusal(problem, id));
      return;
    }
    this.#clients.delete(client);
    const exchange = { connection: client, head, host, id, method: "GET" };
    const tunnel = new Tunnel(
      {
        socket,
        requestHead: upstreamHead(
          exchange,
          decision.target,
          "Connection: Upgrade\r\nUpgrade: websocket\r\n",
          traceFields(exchange),
        ),
        key: head.webSocketKey ?? "",
        id,
        host,
        client: clientAddress(client, head, this.#settings.trusted),
        target: request.url ?? "",
        state: this.#states.get(decision.route) as RouteState,
      },
      Buffer.from(early),
      this.#tunnelObserver,
    );
    this.#tunnels.add(tunnel);
  }

  #observeTunnels(): TunnelObserver {
    return {
      deadlines: this.deadlines,
      idleTimeout: this.#settings.tunnelIdle,
      now: () => this.#now,
      onAnswered: (tunnel, status) => {
        const { id, target, client, state } = tunnel.handshake;
        const durationMs = performance.now() - tunnel.start;
        state.metrics.record(status, durationMs);
        this.#log.request({
          id,
          method: "GET",
          target,
          status,
          durationMs,
          bytesIn: 0,
          bytesOut: 0,
          route: state.route.name,
          upstream: state.upstream,
          client,
          upgrade: true,
        });
      },
      refuse: (tunnel, problem) =>
        void tunnel.handshake.socket.end(bareRefusal(problem, tunnel.handshake.id)),
      onClosed: (tunnel) => void this.#tunnels.delete(tunnel),
    };
  }

  #sweep(): void {
    const now = performance.now();
    const slow = Math.floor(now / 1_000) !== Math.floor(this.#now / 1_000);
    this.#now = now;
    this.deadlines.sweep(now);
    if (!slow) return;
    for (const pool of this.#pools.values()) pool.sweep(now);
    for (const client of this.#clients) client.sweep(now, clientIdle);
  }

  #closeIdleClients(): void {
    const now = performance.now();
    for (const client of this.#clients) {
      if (!client.idle) continue;
      // One that was just used may have a request on its way; closing now would lose it.
      const used = client.socket.bytesWritten > 0 && now - client.idleSince < drainGrace;
      if (!used || now - this.#drainingSince > 2 * drainGrace) client.socket.destroy();
    }
  }
}

const tooMany: Problem = {
  status: 429,
  reason: "rate_limited",
  detail: "there were too many requests from this address",
};
const notAllowed: Problem = {
  status: 403,
  reason: "cors",
  detail: "this origin, method or field is not allowed",
};

const isOwn = (target: string): boolean =>
  target.startsWith(own) && (target.length === own.length || /[/?]/.test(target[own.length] ?? ""));

function statusOfParseError(code: string | undefined): number {
  if (code === "HPE_HEADER_OVERFLOW") return 431;
  if (code === "HPE_CHUNK_EXTENSIONS_OVERFLOW") return 413;
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return 408;
  return 400;
}
