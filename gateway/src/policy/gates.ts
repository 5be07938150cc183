import type { Route, RouteTable } from "../../../config/route-table.ts";
import { RateLimiter } from "../edge/rate-limit.ts";
import { Admission } from "./admission.ts";
import { type Gate, type GateParts, LocalGate } from "./gate.ts";
import { Places } from "./places.ts";

/** The gates of a table's routes. */
export interface Gates {
  /** Takes over another table; what a route's limits did not change goes on counting. */
  use(table: RouteTable): void;
  /** The gate of clients' connections; undefined when one client may have any number. */
  readonly connections: Gate | undefined;
  /** The gate of a route of the table in use; undefined when it has no limits. */
  of(route: Pick<Route, "name">): Gate | undefined;
}

/** The name of the gate of connections, which no route can have. */
export const connectionsGate = "";

/** Connections that one client may have at once; undefined for any number. */
export interface ConnectionPlaces {
  readonly maxConnectionsPerClient: number | undefined;
}

/** Whether a route has limits of its own. */
export const isLimited = ({ rate_limit, concurrency, tunnels }: Route): boolean =>
  rate_limit !== undefined || concurrency !== undefined || tunnels !== undefined;

/** A part of a gate with the text of what it was made of. */
interface Part<T> {
  readonly made: string;
  readonly part: T;
}

/** Parts by route and kind. */
type Parts = Map<string, Part<unknown>>;

/** Gates whose counts lie in this process. */
export class LocalGates implements Gates {
  readonly connections: Gate | undefined;
  #gates = new Map<string, LocalGate>();
  #parts: Parts = new Map();

  constructor({ maxConnectionsPerClient: most }: ConnectionPlaces) {
    if (most !== undefined)
      this.connections = new LocalGate({
        limiter: undefined,
        requests: undefined,
        tunnels: new Places(undefined, most),
      });
  }

  use(table: RouteTable): void {
    const gates = new Map<string, LocalGate>();
    const parts: Parts = new Map();
    for (const route of table.services)
      if (isLimited(route)) gates.set(route.name, new LocalGate(this.#partsOf(route, parts)));
    this.#gates = gates;
    this.#parts = parts;
  }

  of({ name }: Pick<Route, "name">): Gate | undefined {
    return this.#gates.get(name);
  }

  #partsOf({ name, rate_limit: rate, concurrency, tunnels }: Route, parts: Parts): GateParts {
    const keep = <T>(kind: string, facts: unknown, make: () => T): T => {
      const key = `${kind} ${name}`;
      const made = JSON.stringify(facts);
      const before = this.#parts.get(key);
      const part = before?.made === made ? (before.part as T) : make();
      parts.set(key, { made, part });
      return part;
    };
    const most = tunnels?.max ?? concurrency?.max;
    return {
      limiter:
        rate &&
        keep("rate", rate, () => {
          const { per_client: perClient, total } = rate;
          return new RateLimiter({ ...(perClient && { perClient }), ...(total && { total }) });
        }),
      requests:
        concurrency &&
        keep(
          "requests",
          [concurrency.max, concurrency.queue],
          () => new Admission(concurrency.max, concurrency.queue ?? concurrency.max),
        ),
      tunnels:
        most === undefined && tunnels === undefined
          ? undefined
          : keep("tunnels", [most, tunnels?.per_client], () => new Places(most, tunnels?.per_client)),
    };
  }
}
