import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { RouteTable } from "../../../config/route-table.ts";
import { type Cors, isPreflight, preflightVary } from "../edge/cors.ts";
import type { AccessLog } from "../observe/access-log.ts";
import type { Metrics } from "../observe/metrics.ts";
import { gatewaySource, type PoolState } from "../observe/sources.ts";
import { traceOf } from "../observe/trace.ts";
import type { Settings } from "../settings.ts";
import { ActiveRoutes } from "./active-routes.ts";
import { ClientConnection, type ConnectionHandler } from "./client-connection.ts";
import { Deadlines } from "./deadlines.ts";
import { drain } from "./drain.ts";
import { Exchange, type ExchangeObserver } from "./exchange.ts";
import { Forward, type ForwardContext } from "./forward.ts";
import { createHttpServer, type ServerHandlers, statusOfParseError } from "./http-server.ts";
import type { GatewayRequest } from "./incoming.ts";
import { answerOwnPath, isOwn } from "./own-paths.ts";
import { notAllowed, tooMany } from "./refusals.ts";
import { type Observers, reportExchange } from "./report.ts";
import { bareRefusal, clientAddress, fieldLines, requestIdOf, requestOrigin } from "./request-facts.ts";
import { requestProblem } from "./request-problem.ts";
import { type TunnelContext, Tunnels } from "./tunnels.ts";
import { takesUpgrade, type UpgradeContext, upgrade } from "./upgrades.ts";

/** A running gateway. */
export interface Gateway {
  readonly server: Server;
  /** Takes over another routing table; requests under way keep theirs. */
  use(table: RouteTable): void;
  /** Stops: not ready at once, no new connections after the delay; what runs finishes until the drain time is over. */
  close(): Promise<void>;
}

/** Idle client connections are kept this long, milliseconds: longer than a load balancer's 60 s. */
const clientIdle = 75_000;

/** Builds the gateway's server; the caller lets it listen. */
export function createGateway(table: RouteTable, settings: Settings, observers: Observers): Gateway {
  return new GatewayServer(table, settings, observers);
}

class GatewayServer
  implements Gateway, ServerHandlers, ConnectionHandler, ExchangeObserver, ForwardContext, TunnelContext
{
  readonly server: Server;
  readonly deadlines = new Deadlines();
  readonly bodyTimeout: number;
  readonly transferTimeout: number;
  draining = false;
  #now = performance.now();
  readonly #routes: ActiveRoutes;
  readonly #settings: Settings;
  readonly #observers: Observers;
  readonly #log: AccessLog;
  readonly #metrics: Metrics;
  readonly #clients = new Set<ClientConnection>();
  readonly #tunnels: Tunnels;
  readonly #upgrades: UpgradeContext;
  readonly #sweeper: NodeJS.Timeout;

  constructor(table: RouteTable, settings: Settings, observers: Observers) {
    const { log, metrics } = observers;
    this.#settings = settings;
    this.#observers = observers;
    this.#log = log;
    this.#metrics = metrics;
    metrics.observe(gatewaySource(this));
    this.bodyTimeout = settings.bodyTimeout;
    this.transferTimeout = settings.tunnelIdle;
    this.#routes = new ActiveRoutes(table, settings, metrics);
    this.#tunnels = new Tunnels(this, settings, observers);
    this.#upgrades = { routes: this.#routes, tunnels: this.#tunnels, settings, observers };
    this.server = createHttpServer(settings, this);
    const shortest = Math.min(
      settings.connectTimeout,
      settings.bodyTimeout,
      settings.responseTimeout,
      settings.tunnelIdle,
      settings.tunnelHalfClosed,
    );
    this.#sweeper = setInterval(() => this.#sweep(), Math.min(250, Math.max(10, shortest / 8))).unref();
  }

  now(): number {
    return this.#now;
  }

  onRetry(): void {
    this.#metrics.retries++;
  }

  pools(): Iterable<PoolState> {
    return this.#routes.pools();
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

  tunnelBytes(): { readonly in: number; readonly out: number } {
    return this.#tunnels.bytes;
  }

  logLinesDropped(): number {
    return this.#log.dropped;
  }

  use(table: RouteTable): void {
    this.#routes.use(table);
  }

  async close(): Promise<void> {
    this.draining = true;
    await drain({ server: this.server, clients: this.#clients, tunnels: this.#tunnels }, this.#settings);
    clearInterval(this.#sweeper);
    this.#routes.close();
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
    // After an upgrade that is not taken Node's parser reports no error any more: what follows cannot be trusted.
    if (head.upgrade !== undefined) exchange.closesAnyway = true;
    const problem = requestProblem(request, this.#settings.maxHeaders);
    if (problem !== undefined) {
      exchange.closesAnyway = true;
      return exchange.refuse(problem);
    }
    const { target, host } = requestOrigin(exchange.target, head.host);
    // An HTTP/1.0 client may send no Host, but exactly one goes on (RFC 9112 3.2).
    exchange.host = host === "" ? `localhost:${client.localPort}` : host;
    if (exchange.method === "OPTIONS" && target === "*") return exchange.reply(204, "");
    const decision = this.#routes.decide(target);
    if ("refuse" in decision) {
      if (isOwn(target)) return this.#ownPath(exchange, target);
      return exchange.refuse({
        status: decision.refuse,
        detail: decision.detail,
        reason: decision.refuse === 404 ? "no_route" : "bad_request",
      });
    }
    if (isOwn(target)) return this.#ownPath(exchange, target);
    const state = this.#routes.stateOf(decision.route);
    exchange.route = decision.route.name;
    exchange.metrics = state.metrics;
    const wait = state.rateLimiter?.take(exchange.client, start) ?? 0;
    if (wait > 0) return exchange.refuse(tooMany, `Retry-After: ${wait}\r\n`);
    if (state.cors !== undefined && isPreflight(exchange.method, head.origin, head.corsMethod))
      return this.#preflight(exchange, state.cors);
    if (this.#observers.spans !== undefined)
      exchange.trace = traceOf(head.traceparents === 1 ? head.traceparent : undefined, client.trusted);
    new Forward(exchange, state, decision.target, this).start(start);
  }

  onOver(exchange: Exchange): void {
    reportExchange(this.#observers, exchange);
  }

  #ownPath(exchange: Exchange, target: string): void {
    void answerOwnPath(exchange, target, this.#routes.readiness, () => this.draining);
  }

  #preflight(exchange: Exchange, cors: Cors): void {
    const { origin = "", corsMethod = "", corsHeaders } = exchange.head;
    const allowed = cors.preflight(origin, corsMethod, corsHeaders);
    if (allowed === undefined) exchange.refuse(notAllowed, fieldLines(preflightVary));
    else exchange.reply(204, "", undefined, fieldLines(allowed));
  }

  onConnection(socket: Socket): void {
    const client = new ClientConnection(socket, this, this.#settings.trusted, performance.now());
    this.#clients.add(client);
  }

  onClosed(client: ClientConnection): void {
    this.#clients.delete(client);
  }

  onClientError(error: NodeJS.ErrnoException, socket: Socket): void {
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

  takesUpgrade(request: GatewayRequest): boolean {
    return takesUpgrade(request, this.#routes);
  }

  onUpgrade(request: GatewayRequest, socket: Socket, early: Buffer): void {
    this.#now = performance.now();
    // A client in a tunnel is no HTTP connection any more.
    this.#clients.delete(request.peer);
    const ending = this.draining && !this.server.listening;
    upgrade(this.#upgrades, request, socket, early, this.#now, ending);
  }

  #sweep(): void {
    const now = performance.now();
    const slow = Math.floor(now / 1_000) !== Math.floor(this.#now / 1_000);
    this.#now = now;
    this.deadlines.sweep(now);
    if (!slow) return;
    this.#routes.sweep(now);
    for (const client of this.#clients) client.sweep(now, clientIdle);
  }
}
