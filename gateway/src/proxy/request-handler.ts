import type { ClientConnection } from "../client/connection.ts";
import type { Turn } from "../client/turn.ts";
import { isPreflight, preflightVary } from "../edge/cors.ts";
import { requestOrigin } from "../message/authority.ts";
import { clientAddress } from "../message/client-address.ts";
import { notRouted, type Refusal, refusals } from "../message/refusals.ts";
import { isWebSocketHandshake } from "../message/request-head.ts";
import type { GatewayRequest } from "../node/request.ts";
import type { RouteMetrics } from "../observe/metrics.ts";
import { traceOf } from "../observe/trace.ts";
import type { Decision } from "../routing/router.ts";
import type { Settings } from "../settings.ts";
import type { ActiveRoutes } from "./active-routes.ts";
import { check } from "./check.ts";
import type { Clock } from "./clock.ts";
import { Exchange, type ExchangeHost, fieldLines } from "./exchange.ts";
import { Forward } from "./forward.ts";
import type { ForwardContext } from "./forward-phases.ts";
import { answerOwnPath, isOwn } from "./own-paths.ts";
import { type Observers, reportAnswer, reportEnd } from "./report.ts";
import type { RouteState } from "./route-state.ts";
import { Tunnel, type TunnelLimits } from "./tunnel.ts";

/** What phase "locate" found out. */
interface Place {
  /** In origin-form or `*`. */
  readonly target: string;
  readonly decision: Decision;
  /** Whether it is one of the gateway's own paths. */
  readonly own: boolean;
  /** Whether the target as it was sent is one at all. */
  readonly sound: boolean;
}

/** Bytes of tunnels that are over, from and to their clients. */
interface Bytes {
  in: number;
  out: number;
}

/**
 * What becomes of each turn of a client's connection. Requests, handshakes and bytes that are none pass the same phases,
 * in this order: locate, check, own path, route, preflight, and then those of {@link Forward}: limit, admit, connect,
 * send, answer. Whoever answers ends it.
 */
export class RequestHandler implements ExchangeHost, ForwardContext {
  readonly clock: Clock;
  readonly bodyTimeout: number;
  readonly transferTimeout: number;
  readonly sendTimeout: number;
  readonly tunnel: TunnelLimits;
  readonly unrouted: RouteMetrics;
  /** Answers say that the connection ends. */
  draining = false;
  /** No tunnel is opened any more: it would only be cut at the end of the drain. */
  ending = false;
  /** Of tunnels that are over. */
  readonly tunnelBytes: Bytes = { in: 0, out: 0 };
  readonly #routes: ActiveRoutes;
  readonly #settings: Settings;
  readonly #observers: Observers;

  constructor(routes: ActiveRoutes, settings: Settings, observers: Observers, clock: Clock) {
    this.clock = clock;
    this.bodyTimeout = settings.bodyTimeout;
    this.transferTimeout = settings.tunnelIdle;
    this.sendTimeout = settings.sendTimeout;
    const { tunnelIdle, tunnelHalfClosed, linger } = settings;
    this.tunnel = { idle: tunnelIdle, halfClosed: tunnelHalfClosed, linger };
    this.unrouted = observers.metrics.unrouted;
    this.#routes = routes;
    this.#settings = settings;
    this.#observers = observers;
  }

  /** Whether a request is a WebSocket handshake for a route that has WebSocket; any other upgrade is a plain request. */
  takesUpgrade(request: GatewayRequest, client: ClientConnection): boolean {
    const { head } = request;
    // Nothing may be under way whose bytes it would mix with.
    if (!client.idle || !isWebSocketHandshake(head, request.method ?? "", request.httpVersion)) return false;
    const origin = requestOrigin(request.url ?? "", head.host);
    if (origin === undefined || isOwn(origin.target)) return false;
    const decision = this.#routes.decide(origin.target);
    return "route" in decision && decision.route.websocket === true;
  }

  begin(client: ClientConnection, turn: Turn): void {
    const exchange = new Exchange(client, turn, this, this.clock.read());
    if (turn.early !== undefined) new Tunnel(exchange, turn.early, this.clock, this.tunnel);
    const { request } = exchange;
    if (request === undefined) return exchange.refuse(turn.refusal ?? refusals.notHttp);
    this.#handle(exchange, request, turn);
  }

  #handle(exchange: Exchange, request: GatewayRequest, turn: Turn): void {
    const place = this.#locate(exchange);
    const refusal = turn.refusal ?? this.#check(exchange, request, place);
    if (refusal !== undefined) {
      exchange.closesAnyway = true;
      return exchange.refuse(refusal);
    }
    if (this.#answersOwnPath(exchange, place)) return;
    const { decision } = place;
    const { state } = exchange;
    if ("refuse" in decision) return exchange.refuse(notRouted(decision.refuse, decision.detail));
    if (state === undefined || this.#answersPreflight(exchange, state)) return;
    if (exchange.upgrade && this.ending) return exchange.refuse(refusals.draining);
    this.#trace(exchange);
    new Forward(exchange, state, decision.target, this).start();
  }

  /** Where it goes, and whom it is from. Known before anything is refused: a page reads that by the route's fields. */
  #locate(exchange: Exchange): Place {
    const { connection, head } = exchange;
    if (connection.trusted)
      exchange.client = clientAddress(connection.address, true, head.forwardedFor, this.#settings.trusted);
    const origin = requestOrigin(exchange.target, head.host);
    const target = origin?.target ?? exchange.target;
    const decision = this.#routes.decide(target);
    const own = isOwn(target);
    if ("route" in decision && !own) exchange.state = this.#routes.stateOf(decision.route);
    // An HTTP/1.0 client may send no Host, but exactly one goes on (RFC 9112 3.2).
    exchange.host = origin?.host || `localhost:${connection.localPort}`;
    return { target, decision, own, sound: origin !== undefined };
  }

  #check(exchange: Exchange, request: GatewayRequest, { sound }: Place): Refusal | undefined {
    const { head, state } = exchange;
    // After an upgrade that is not taken Node's parser reports no error any more: what follows cannot be trusted.
    if (head.upgrade !== undefined) exchange.closesAnyway = true;
    const problem = check(request, head, this.#settings.maxHeaders);
    if (problem !== undefined) return problem;
    if (!sound) return refusals.target;
    return state !== undefined && head.length > state.maxBodyBytes ? refusals.bodyTooLarge : undefined;
  }

  #answersOwnPath(exchange: Exchange, { target, own }: Place): boolean {
    // Of the whole server (RFC 9110 9.3.7).
    if (exchange.method === "OPTIONS" && target === "*") exchange.reply(204, "");
    else if (own) void answerOwnPath(exchange, target, this.#routes.readiness, () => this.draining);
    else return false;
    return true;
  }

  /** A preflight asks the gateway alone: it costs the upstream nothing, and takes nothing from the route's limits. */
  #answersPreflight(exchange: Exchange, { cors }: RouteState): boolean {
    const { method, head } = exchange;
    if (cors === undefined || !isPreflight(method, head.origin, head.corsMethod)) return false;
    const { origin = "", corsMethod = "", corsHeaders } = head;
    const allowed = cors.preflight(origin, corsMethod, corsHeaders);
    // All that a browser is told stands in these fields.
    exchange.ownCors = fieldLines(allowed ?? preflightVary);
    if (allowed === undefined) exchange.refuse(refusals.cors);
    else exchange.reply(204, "");
    return true;
  }

  #trace(exchange: Exchange): void {
    const { spans } = this.#observers;
    if (spans === undefined) return;
    const { connection, head } = exchange;
    const given = head.traceparents === 1 ? head.traceparent : undefined;
    exchange.trace = traceOf(given, connection.trusted, spans.sampler);
  }

  onRetry(): void {
    this.#observers.metrics.retries++;
  }

  onSwitched(exchange: Exchange): void {
    reportAnswer(this.#observers, exchange);
  }

  onTunnelEnd(exchange: Exchange): void {
    const { tunnel } = exchange;
    if (tunnel === undefined || tunnel.counted) return;
    tunnel.counted = true;
    this.tunnelBytes.in += exchange.bytesIn;
    this.tunnelBytes.out += exchange.bytesOut;
  }

  onOver(exchange: Exchange): void {
    const { tunnel } = exchange;
    if (tunnel?.open === true) this.onTunnelEnd(exchange);
    else reportAnswer(this.#observers, exchange);
    reportEnd(this.#observers, exchange);
  }
}
