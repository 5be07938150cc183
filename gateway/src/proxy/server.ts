import http, { type Server, type ServerResponse } from "node:http";
import net, { type Socket } from "node:net";
import type { Route, RouteTable } from "../../../config/route-table.ts";
import type { Problem } from "../message/problem.ts";
import { hostProblem, isWebSocketHandshake } from "../message/request-head.ts";
import type { Log } from "../observe/access-log.ts";
import { compileRouter, type Decision } from "../routing/router.ts";
import type { Settings } from "../settings.ts";
import type { Pool } from "../upstream/pool.ts";
import { ClientConnection, type ConnectionHandler } from "./client-connection.ts";
import { Deadlines } from "./deadlines.ts";
import { Exchange, type ExchangeObserver } from "./exchange.ts";
import { Forward, type ForwardContext } from "./forward.ts";
import { GatewayRequest } from "./incoming.ts";
import { Readiness } from "./readiness.ts";
import { bareRefusal, requestIdOf, requestOrigin } from "./request-facts.ts";
import { type RouteState, routeStates } from "./route-state.ts";
import { Tunnel, type TunnelObserver } from "./tunnel.ts";
import { upstreamHead } from "./upstream-request.ts";

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

/** Builds the gateway's server; the caller lets it listen. */
export function createGateway(table: RouteTable, settings: Settings, log: Log): Gateway {
  return new GatewayServer(table, settings, log);
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
  readonly #log: Log;
  readonly #readiness: Readiness;
  readonly #clients = new Set<ClientConnection>();
  readonly #tunnels = new Set<Tunnel>();
  readonly #sweeper: NodeJS.Timeout;
  readonly #tunnelObserver: TunnelObserver;

  constructor(table: RouteTable, settings: Settings, log: Log) {
    this.#settings = settings;
    this.#log = log;
    this.bodyTimeout = settings.bodyTimeout;
    this.transferTimeout = settings.tunnelIdle;
    this.#decide = compileRouter(table);
    const { states, pools } = routeStates(table, settings, new Map());
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

  onRetry(): void {}

  use(table: RouteTable): void {
    const { states, pools } = routeStates(table, this.#settings, this.#pools);
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
    const exchange = new Exchange(client, request, response, requestIdOf(head), start, this);
    const problem = this.#requestProblem(request);
    if (problem !== undefined) return exchange.refuse(problem);
    const { target, host } = requestOrigin(exchange.target, head.host);
    // An HTTP/1.0 client may send no Host, but exactly one goes on (RFC 9112 3.2).
    exchange.host = host === "" ? `localhost:${client.localPort}` : host;
    if (exchange.method === "OPTIONS" && target === "*") return exchange.reply(204, "");
    const decision = this.#decide(target);
    if ("refuse" in decision) {
      if (isOwn(target)) return void this.#ownPath(exchange, target);
      return exchange.refuse({ status: decision.refuse, detail: decision.detail });
    }
    if (isOwn(target)) return void this.#ownPath(exchange, target);
    const state = this.#states.get(decision.route) as RouteState;
    exchange.route = decision.route.name;
    new Forward(exchange, state, decision.target, this).start(start);
  }

  onOver(exchange: Exchange): void {
    this.#log.access({
      id: exchange.id,
      method: exchange.method,
      target: exchange.target,
      status: exchange.status,
      ms: Math.round(exchange.durationMs * 10) / 10,
      bytesOut: exchange.bytesOut,
      route: exchange.route,
      client: exchange.client.address,
    });
  }

  /** What Node's parser lets through and this gateway does not. */
  #requestProblem(request: GatewayRequest): Problem | undefined {
    const { head } = request;
    const http10 = request.httpVersionMinor === 0;
    if (request.rawHeaders.length > 2 * this.#settings.maxHeaders)
      return { status: 431, detail: "there are too many header fields" };
    const host = hostProblem(head, http10);
    if (host !== undefined) return { status: 400, detail: host };
    if (head.transferEncoding !== undefined) {
      const codings = head.transferEncoding.toLowerCase();
      // Without chunked as its last coding, and in HTTP/1.0, nobody can tell where the body ends (RFC 9112 6.3).
      if (http10 || head.length >= 0 || !/(?:^|[ \t,])chunked$/.test(codings))
        return { status: 400, detail: "the length of the body is in doubt" };
      // Any other coding would have to be undone (RFC 9112 6.1).
      if (codings !== "chunked") return { status: 501, detail: "the transfer coding is not offered" };
    }
    if (head.expect !== undefined && head.expect.toLowerCase() !== "100-continue")
      return { status: 417, detail: "the Expect field asks for something unknown" };
    if (request.method === "TRACE" || request.method === "CONNECT")
      return { status: 405, detail: `${request.method} is not offered` };
    return undefined;
  }

  async #ownPath(exchange: Exchange, target: string): Promise<void> {
    const path = target.split("?", 1)[0];
    const get = exchange.method === "GET" || exchange.method === "HEAD";
    if (get && path === `${own}/health`) return exchange.reply(200, '{"status":"ok"}\n');
    if (!get || path !== `${own}/ready`) return exchange.refuse({ status: 404, detail: "no such path" });
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
      socket.end(bareRefusal({ status: 405, detail: "CONNECT is not offered" }));
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
    const problem = { status, detail: "the request is not valid HTTP" };
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
        ? { status: 503, detail: "the gateway is shutting down" }
        : { status: 400, detail: "no upgrade is offered here" };
      socket.end(bareRefusal(problem, id));
      return;
    }
    this.#clients.delete(client);
    const exchange = { client, head, host, id, method: "GET" };
    const tunnel = new Tunnel(
      {
        socket,
        requestHead: upstreamHead(exchange, decision.target, "Connection: Upgrade\r\nUpgrade: websocket\r\n"),
        key: head.webSocketKey ?? "",
        id,
        host,
        client: client.address,
        target: request.url ?? "",
        state: this.#states.get(decision.route) as RouteState,
      },
      Buffer.from(early),
      this.#tunnelObserver,
    );
    this.#tunnels.add(tunnel);
  }

  #observeTunnels(): TunnelObserver {
    const started = new WeakMap<Tunnel, number>();
    return {
      deadlines: this.deadlines,
      idleTimeout: this.#settings.tunnelIdle,
      now: () => this.#now,
      onAnswered: (tunnel, status) => {
        const { id, target, client, state } = tunnel.handshake;
        this.#log.access({
          id,
          method: "GET",
          target,
          status,
          ms: Math.round((performance.now() - (started.get(tunnel) ?? performance.now())) * 10) / 10,
          bytesOut: 0,
          route: state.route.name,
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

const isOwn = (target: string): boolean =>
  target.startsWith(own) && (target.length === own.length || /[/?]/.test(target[own.length] ?? ""));

function statusOfParseError(code: string | undefined): number {
  if (code === "HPE_HEADER_OVERFLOW") return 431;
  if (code === "HPE_CHUNK_EXTENSIONS_OVERFLOW") return 413;
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return 408;
  return 400;
}
