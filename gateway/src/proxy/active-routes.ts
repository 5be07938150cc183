import type { Route, RouteTable } from "../../../config/route-table.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { PoolState } from "../observe/sources.ts";
import type { Gates } from "../policy/gates.ts";
import { compileRouter, type Decision } from "../routing/router.ts";
import type { Settings } from "../settings.ts";
import type { Pool } from "../upstream/pool.ts";
import { Readiness } from "./readiness.ts";
import { type RouteState, routeStates } from "./route-state.ts";

/** The routing table in force, with what its routes need at run time. */
export class ActiveRoutes {
  readonly readiness: Readiness;
  readonly #settings: Settings;
  readonly #metrics: Metrics;
  readonly #gates: Gates;
  #decide: (target: string) => Decision;
  #states: ReadonlyMap<Route, RouteState>;
  #pools: Map<string, Pool>;

  constructor(table: RouteTable, settings: Settings, metrics: Metrics, gates: Gates) {
    this.#settings = settings;
    this.#metrics = metrics;
    this.#gates = gates;
    this.readiness = new Readiness(table);
    gates.use(table);
    this.#decide = compileRouter(table);
    const { states, pools } = routeStates(table, settings, metrics, gates, new Map());
    this.#states = states;
    this.#pools = pools;
  }

  /** Where a target goes. */
  decide(target: string): Decision {
    return this.#decide(target);
  }

  /** The state of a route that {@link decide} named. */
  stateOf(route: Route): RouteState {
    return this.#states.get(route) as RouteState;
  }

  /** Takes over another table; pools of upstreams that both have live on, and so do limits that did not change. */
  use(table: RouteTable): void {
    this.#gates.use(table);
    const { states, pools } = routeStates(table, this.#settings, this.#metrics, this.#gates, this.#pools);
    for (const [key, pool] of this.#pools) if (!pools.has(key)) pool.close();
    this.#decide = compileRouter(table);
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
