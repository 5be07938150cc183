import type { Route, RouteTable } from "../../../config/route-table.ts";
import { Cors } from "../edge/cors.ts";
import { RateLimiter } from "../edge/rate-limit.ts";
import type { Metrics, RouteMetrics } from "../observe/metrics.ts";
import type { Settings } from "../settings.ts";
import { UpstreamAddress } from "../upstream/address.ts";
import { Pool } from "../upstream/pool.ts";
import { Admission } from "./admission.ts";

/** A route of the table with what it needs at run time. */
export interface RouteState {
  readonly route: Route;
  readonly pool: Pool;
  /** `host:port`. */
  readonly upstream: string;
  readonly metrics: RouteMetrics;
  readonly admission: Admission | undefined;
  readonly rateLimiter: RateLimiter | undefined;
  readonly cors: Cors | undefined;
  readonly connectTimeout: number;
  readonly responseTimeout: number;
  readonly queueTimeout: number;
  readonly maxBodyBytes: number;
}

/** Kept connections are closed before Phoenix closes them at 60 s (contracts P16), milliseconds. */
const poolIdle = 50_000;
/** Connections to one upstream, and requests that wait for one, unless the route says less. */
const mostConnections = 1_024;
const mostWaiting = 1_024;

/** The run-time state of every route of a table. Routes to one upstream share its pool, also with the table before. */
export function routeStates(
  table: RouteTable,
  settings: Settings,
  metrics: Metrics,
  before: ReadonlyMap<string, Pool>,
): { readonly states: ReadonlyMap<Route, RouteState>; readonly pools: Map<string, Pool> } {
  const pools = new Map<string, Pool>();
  const states = new Map<Route, RouteState>();
  for (const route of table.services) {
    const connectTimeout = route.timeouts?.connect_ms ?? settings.connectTimeout;
    const key = `${route.host}:${route.port}`;
    const pool =
      pools.get(key) ??
      before.get(key) ??
      new Pool(new UpstreamAddress(route.host, route.port), {
        maxConnections: mostConnections,
        maxWaiting: mostWaiting,
        idle: poolIdle,
      });
    pools.set(key, pool);
    const { concurrency, rate_limit: rate, cors } = route;
    states.set(route, {
      route,
      pool,
      upstream: key,
      metrics: metrics.route(route.name),
      rateLimiter:
        rate &&
        new RateLimiter({
          ...(rate.per_client && { perClient: rate.per_client }),
          ...(rate.total && { total: rate.total }),
        }),
      cors: cors && new Cors(cors),
      admission: concurrency && new Admission(concurrency.max, concurrency.queue ?? concurrency.max),
      connectTimeout,
      responseTimeout: route.timeouts?.response_ms ?? settings.responseTimeout,
      queueTimeout: concurrency?.queue_ms ?? connectTimeout,
      maxBodyBytes: route.max_body_bytes ?? settings.maxBodyBytes,
    });
  }
  return { states, pools };
}
