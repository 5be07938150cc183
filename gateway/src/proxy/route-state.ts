import type { Route, RouteTable } from "../../../config/route-table.ts";
import { Cors } from "../edge/cors.ts";
import type { Metrics, RouteMetrics } from "../observe/metrics.ts";
import type { Gate } from "../policy/gate.ts";
import type { Gates } from "../policy/gates.ts";
import type { Settings } from "../settings.ts";
import { UpstreamAddress } from "../upstream/address.ts";
import { Pool } from "../upstream/pool.ts";

/** A route of the table with what it needs at run time. */
export interface RouteState {
  readonly route: Route;
  readonly pool: Pool;
  /** `host:port`. */
  readonly upstream: string;
  readonly metrics: RouteMetrics;
  readonly gate: Gate | undefined;
  readonly cors: Cors | undefined;
  /** Milliseconds. */
  readonly connectTimeout: number;
  readonly responseTimeout: number;
  readonly queueTimeout: number;
  readonly maxBodyBytes: number;
}

/** Requests that wait for a connection to one upstream, at most. */
const mostWaiting = 1_024;

/** The run-time state of every route of a table. Routes to one upstream share its pool, also with the table before. */
export function routeStates(
  table: RouteTable,
  settings: Settings,
  metrics: Metrics,
  gates: Gates,
  before: ReadonlyMap<string, Pool>,
): { readonly states: ReadonlyMap<Route, RouteState>; readonly pools: Map<string, Pool> } {
  const pools = new Map<string, Pool>();
  const states = new Map<Route, RouteState>();
  for (const route of table.services) {
    const connectTimeout = route.timeouts?.connect_ms ?? settings.connectTimeout;
    const upstream = `${route.host}:${route.port}`;
    const pool =
      pools.get(upstream) ??
      before.get(upstream) ??
      new Pool(new UpstreamAddress(route.host), route.port, {
        maxConnections: settings.upstreamConnections,
        maxWaiting: mostWaiting,
        idle: settings.upstreamIdle,
        maxAge: settings.upstreamMaxAge,
        maxRequests: settings.upstreamMaxRequests,
      });
    pools.set(upstream, pool);
    states.set(route, {
      route,
      pool,
      upstream,
      metrics: metrics.route(route.name),
      gate: gates.of(route),
      cors: route.cors && new Cors(route.cors),
      connectTimeout,
      responseTimeout: route.timeouts?.response_ms ?? settings.responseTimeout,
      queueTimeout: route.concurrency?.queue_ms ?? connectTimeout,
      maxBodyBytes: route.max_body_bytes ?? settings.maxBodyBytes,
    });
  }
  return { states, pools };
}
