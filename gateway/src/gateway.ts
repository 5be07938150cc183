import type { Server, ServerResponse } from "node:http";
import type { RouteTable } from "../../config/route-table.ts";
import { type Capacity, capacityOf } from "./client/capacity.ts";
import { Clients } from "./client/clients.ts";
import { ClientConnection } from "./client/connection.ts";
import { drain } from "./client/drain.ts";
import type { ConnectionHost, ConnectionLimits, Turn } from "./client/turn.ts";
import { refusalOfParser, refusals } from "./message/refusals.ts";
import { createHttpServer, type ServerEvents } from "./node/http-server.ts";
import { type ClientSocket, pausedCode, type Unparsed } from "./node/parser.ts";
import type { GatewayRequest } from "./node/request.ts";
import { type GatewayState, gatewaySource, type PoolState } from "./observe/sources.ts";
import { type Gates, LocalGates } from "./policy/gates.ts";
import { ActiveRoutes } from "./proxy/active-routes.ts";
import { Clock } from "./proxy/clock.ts";
import type { Observers } from "./proxy/report.ts";
import { RequestHandler } from "./proxy/request-handler.ts";
import type { Settings } from "./settings.ts";

/** A running gateway. */
export interface Gateway {
  readonly server: Server;
  /** Takes over another routing table; requests under way keep theirs. */
  use(table: RouteTable): void;
  /** Stops: not ready at once, no new connections after the delay; what runs finishes until the drain time is over. */
  close(): Promise<void>;
}

/** Node's code for a head that did not arrive in time. */
const timeoutCode = "ERR_HTTP_REQUEST_TIMEOUT";
/** Milliseconds between two looks at upstreams' idle connections. */
const poolSweep = 1_000;

/**
 * Builds the gateway's server; the caller lets it listen.
 * @param gates where the routes' limits are counted; default: in this process.
 */
export function createGateway(
  table: RouteTable,
  settings: Settings,
  observers: Observers,
  gates: Gates = new LocalGates(settings),
): Gateway {
  return new GatewayServer(table, settings, observers, gates);
}

/** Wires the parts, and hands on what Node's server brings. */
class GatewayServer implements Gateway, ServerEvents, ConnectionHost, GatewayState {
  readonly server: Server;
  readonly limits: ConnectionLimits;
  readonly #settings: Settings;
  readonly #observers: Observers;
  readonly #clock = new Clock();
  readonly #clients = new Clients();
  readonly #routes: ActiveRoutes;
  readonly #handler: RequestHandler;
  readonly #gates: Gates;
  readonly #capacity: Capacity;
  readonly #sweeper: NodeJS.Timeout;
  #poolsSweptAt = 0;
  /** Connections closed without a word since the last line about them. */
  #unanswered = 0;

  constructor(table: RouteTable, settings: Settings, observers: Observers, gates: Gates) {
    this.limits = settings;
    this.#gates = gates;
    this.#capacity = capacityOf(settings);
    this.#settings = settings;
    this.#observers = observers;
    this.#routes = new ActiveRoutes(table, settings, observers.metrics, gates);
    this.#handler = new RequestHandler(this.#routes, settings, observers, this.#clock);
    observers.metrics.observe(gatewaySource(this));
    this.server = createHttpServer(settings, this);
    const shortest = Math.min(
      settings.connectTimeout,
      settings.bodyTimeout,
      settings.responseTimeout,
      settings.tunnelIdle,
      settings.tunnelHalfClosed,
      settings.sendTimeout,
      settings.clientIdle,
      settings.linger,
    );
    // After the next poll: what came while the process stood still counts before its limits do.
    const sweep = () => setImmediate(() => this.#sweep());
    this.#sweeper = setInterval(sweep, Math.min(250, Math.max(10, shortest / 8))).unref();
  }

  get now(): number {
    return this.#clock.now;
  }

  use(table: RouteTable): void {
    this.#routes.use(table);
  }

  async close(): Promise<void> {
    this.#handler.draining = true;
    await drain(this.server, this.#clients, this.#settings);
    clearInterval(this.#sweeper);
    this.#routes.close();
  }

  onConnection(socket: ClientSocket): void {
    this.#clock.read();
    const client = new ClientConnection(socket, this, this.#settings.trusted);
    this.#clients.add(client);
    const { size } = this.#clients;
    if (size > this.#capacity.connections) {
      this.#observers.metrics.connectionRefused("total");
      // Beyond the reserve there is no file left even for an answer.
      if (size > this.#capacity.connections + this.#capacity.reserve) {
        this.#unanswered++;
        client.destroy("refused");
      } else client.turnAway();
    } else if (!client.trusted && this.#gates.connections !== undefined)
      client.enter(this.#gates.connections);
  }

  onRequest(request: GatewayRequest, response: ServerResponse): void {
    clientOf(request).take({ request, response });
  }

  takesUpgrade(request: GatewayRequest): boolean {
    return this.#handler.takesUpgrade(request, clientOf(request));
  }

  onUpgrade(request: GatewayRequest, early: Buffer): void {
    clientOf(request).takeHandshake({ request, early });
  }

  onConnect(request: GatewayRequest): void {
    clientOf(request).refuse({ request, refusal: refusals.connect });
  }

  onParseError(error: NodeJS.ErrnoException & Unparsed, socket: ClientSocket): void {
    const { gatewayClient: client } = socket;
    if (error.code === pausedCode) return client.hold(error);
    if (!socket.writable || error.code === "ECONNRESET" || error.code === "EPIPE")
      return client.destroy("client");
    if (
      error.code === timeoutCode &&
      client.state === "open" &&
      !client.refuseUnfinished(refusals.headTimeout)
    )
      return client.onLateHead();
    const refusal = refusalOfParser(error.code);
    if (client.state === "open" && !client.refuseUnfinished(refusal)) client.refuse({ refusal });
  }

  begin(client: ClientConnection, turn: Turn): void {
    this.#handler.ending = this.#handler.draining && !this.server.listening;
    this.#handler.begin(client, turn);
  }

  onTooMany(): void {
    this.#observers.metrics.connectionRefused("client");
  }

  onClosed(client: ClientConnection): void {
    this.#clients.delete(client);
    this.#observers.metrics.closed(client.closeReason ?? "client");
  }

  pools(): Iterable<PoolState> {
    return this.#routes.pools();
  }

  connections(): number {
    return this.#clients.size;
  }

  inFlight(): number {
    return this.#clients.inFlight;
  }

  tunnels(): number {
    return this.#clients.tunnels;
  }

  tunnelBytes(): { readonly in: number; readonly out: number } {
    const open = this.#clients.tunnelBytes;
    const past = this.#handler.tunnelBytes;
    return { in: open.in + past.in, out: open.out + past.out };
  }

  logLinesDropped(): number {
    return this.#observers.log.dropped;
  }

  #sweep(): void {
    const now = this.#clock.read();
    this.#clients.sweep(now);
    if (now - this.#poolsSweptAt < poolSweep) return;
    this.#poolsSweptAt = now;
    this.#routes.sweep(now);
    if (this.#unanswered === 0) return;
    this.#observers.log.event("connections-refused", {
      count: this.#unanswered,
      most: this.#capacity.connections,
    });
    this.#unanswered = 0;
  }
}

const clientOf = ({ socket }: GatewayRequest): ClientConnection => (socket as ClientSocket).gatewayClient;
