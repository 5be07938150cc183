import type { Route, RouteTable } from "../../../config/route-table.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { PoolState } from "../observe/sources.ts";
import { compileRouter, type Decision } from "../routing/router.ts";
import type { Settings } from "../settings.ts";
import type { Pool } from "../upstream/pool.ts";
import { Readiness } from "./readiness.ts";
import { type RouteState, routeStates } from "./route-state.ts";

/** The routing table in force, with what its routes need at run time. */
export class ActiveRoutes {
  readonly readiness: Readiness;
  /** Where a target goes. */
  decide: (target: string) => Decision;
  readonly #settings: Settings;
  readonly #metrics: Metrics;
  #states: ReadonlyMap<Route, RouteState>;
  #pools: Map<string, Pool>;

  constructor(table: RouteTable, settings: Settings, metrics: Metrics) {
    this.#settings = settings;
    this.#metrics = metrics;
    this.readiness = new Readiness(table);
    this.decide = compileRouter(table);
    const { states, pools } = routeStates(table, settings, metrics, new Map());
    this.#states = states;
    this.#pools = pools;
  }

  /** The state of a route that {@link decide} named. */
  stateOf(route: Route): RouteState {
    return this.#states.get(route) as RouteState;
  }

  /** Takes over another table; pools of upstreams that both have live on. */
  use(table: RouteTable): void {
    const { states, pools } = routeStates(table, this.#settings, this.#metrics, this.#pools);
    for (const [key, pool] of this.#pools) if (!pools.has(key)) pool.close();
    this.decide = compileRouter(table);
    this.#states = states;
    this.#pools = pools;
    this.readiness.use(table);
  }

  *pools(): Iterable<PoolState> {
    for (const [upstream, pool] of this.#pools) {
      const { open, idle, waiting } = pool.state;
      yield { upstream, idle, busy: open - idle, waiting };
    }
  }

  /** Closes connections that were idle for too long. */
  sweep(now: number): void {
    for (const pool of this.#pools.values()) pool.sweep(now);
  }

  /** Keeps no connection any more. */
  close(): void {
    for (const pool of this.#pools.values()) pool.close();
  }
}
