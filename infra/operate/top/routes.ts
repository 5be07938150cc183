import type { Series } from "./exposition.ts";

/** What became of the requests of a route. */
export interface Requests {
  readonly count: number;
  /** Those that the platform has failed: status 500 and more. */
  readonly errors: number;
  /** The time that 99 of 100 stay below, milliseconds; undefined without requests, infinite above all that is told apart. */
  readonly p99Ms: number | undefined;
}

/** How a route is. */
export interface RouteUse {
  readonly route: string;
  /** Requests a second, lately. */
  readonly rate: number;
  readonly lately: Requests;
  /** Since the gateway was started. */
  readonly ever: Requests;
}

/** Requests counted for a route: by status class, and by time up to a bound, seconds. */
interface Counts {
  readonly classes: Map<string, number>;
  readonly buckets: Map<number, number>;
}

/** What all gateways of a stack count, by route. A gateway that is started anew begins at nothing. */
export class RouteMeter {
  /** The last reading of each gateway, by route. */
  readonly #last = new Map<string, ReadonlyMap<string, Counts>>();
  /** What has come in each of the last periods. */
  readonly #periods: { readonly at: number; readonly routes: ReadonlyMap<string, Counts> }[] = [];
  readonly #windowMs: number;

  /** @param windowMs how long `lately` is, milliseconds. */
  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /**
   * Takes what the gateways tell now.
   * @param told the series of each, by its name.
   * @param at milliseconds.
   */
  read(told: ReadonlyMap<string, readonly Series[]>, at: number): RouteUse[] {
    const ever = new Map<string, Counts>();
    const come = new Map<string, Counts>();
    for (const [member, series] of told) {
      const now = countsIn(series);
      const before = this.#last.get(member);
      for (const [route, counts] of now) {
        add(ever, route, counts);
        if (before !== undefined) add(come, route, since(counts, before.get(route)));
      }
      this.#last.set(member, now);
    }
    this.#periods.push({ at, routes: come });
    while (this.#periods.length > 2 && (this.#periods[0]?.at ?? at) < at - this.#windowMs)
      this.#periods.shift();
    const [first, ...rest] = this.#periods;
    const seconds = (at - (first?.at ?? at)) / 1000;
    const lately = new Map<string, Counts>();
    for (const { routes } of rest) for (const [route, counts] of routes) add(lately, route, counts);
    return [...ever]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([route, counts]) => {
        const recent = requestsOf(lately.get(route));
        return {
          route,
          rate: seconds === 0 ? 0 : recent.count / seconds,
          lately: recent,
          ever: requestsOf(counts),
        };
      });
  }
}

function countsIn(series: readonly Series[]): ReadonlyMap<string, Counts> {
  const routes = new Map<string, Counts>();
  const of = (route: string): Counts => {
    const known = routes.get(route) ?? { classes: new Map(), buckets: new Map() };
    routes.set(route, known);
    return known;
  };
  for (const { name, labels, value } of series) {
    const { route, status, le } = labels;
    if (route === undefined) continue;
    if (name === "gateway_requests_total") plus(of(route).classes, status ?? "other", value);
    else if (name === "gateway_request_duration_seconds_bucket" && le !== undefined)
      plus(of(route).buckets, le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le), value);
  }
  return routes;
}

const plus = <Key>(counts: Map<Key, number>, key: Key, value: number): void =>
  void counts.set(key, (counts.get(key) ?? 0) + value);

function add(routes: Map<string, Counts>, route: string, { classes, buckets }: Counts): void {
  const sum = routes.get(route) ?? { classes: new Map(), buckets: new Map() };
  for (const [key, value] of classes) plus(sum.classes, key, value);
  for (const [key, value] of buckets) plus(sum.buckets, key, value);
  routes.set(route, sum);
}

/** What has come since a reading; all of it where the counter was set back. */
function since(now: Counts, before: Counts | undefined): Counts {
  const grown = <Key>(counts: Map<Key, number>, old: Map<Key, number> | undefined): Map<Key, number> =>
    new Map([...counts].map(([key, value]) => [key, value - (old?.get(key) ?? 0)]));
  const come = { classes: grown(now.classes, before?.classes), buckets: grown(now.buckets, before?.buckets) };
  return [...come.classes.values()].some((value) => value < 0) ? now : come;
}

function requestsOf(counts: Counts | undefined): Requests {
  if (counts === undefined) return { count: 0, errors: 0, p99Ms: undefined };
  const count = [...counts.classes.values()].reduce((sum, value) => sum + value, 0);
  return { count, errors: counts.classes.get("5xx") ?? 0, p99Ms: quantile(counts.buckets, 0.99) };
}

/** As Prometheus' histogram_quantile: even within a bucket. @param buckets counts up to each bound, seconds. */
function quantile(buckets: ReadonlyMap<number, number>, share: number): number | undefined {
  const bounds = [...buckets].sort(([a], [b]) => a - b);
  const all = bounds.at(-1)?.[1] ?? 0;
  if (all === 0) return undefined;
  let [from, below] = [0, 0];
  for (const [bound, count] of bounds) {
    if (count >= share * all && count > below) {
      if (bound === Number.POSITIVE_INFINITY) return bound;
      return (from + ((bound - from) * (share * all - below)) / (count - below)) * 1000;
    }
    [from, below] = [bound, count];
  }
  return undefined;
}
