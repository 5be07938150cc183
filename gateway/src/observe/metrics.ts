/** Upper bounds of the duration histogram, milliseconds. */
export const bucketsMs = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000] as const;
const buckets = bucketsMs.length + 1;
/** Status classes; what is no status at all is `other`. */
const classes = ["other", "1xx", "2xx", "3xx", "4xx", "5xx"] as const;
/** One class: its histogram, then the sum of milliseconds. */
const width = buckets + 1;
/** What is timed at an upstream, in the order in which {@link RouteMetrics} keeps it. */
const stages = [
  [
    "gateway_upstream_connect_seconds",
    "Time to open a connection to an upstream, the look-up of its name included.",
  ],
  [
    "gateway_upstream_first_byte_seconds",
    "Time from a request on its connection to the first byte of the answer.",
  ],
  [
    "gateway_upstream_seconds",
    "Time from the first try to get a connection to the end of the upstream's answer.",
  ],
] as const;
const mostReasons = 64;

/** One time series. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}
/** One histogram: how many fell into each bucket (not added up), the last one without a bound. */
export interface HistogramSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly counts: readonly number[];
  /** Seconds. */
  readonly sum: number;
}
/** A metric with its series; `merge` says how several processes become one. */
export type Family = { readonly name: string; readonly help: string } & (
  | { readonly type: "counter"; readonly samples: readonly Sample[] }
  | { readonly type: "gauge"; readonly merge: "sum" | "max"; readonly samples: readonly Sample[] }
  /** `bounds` in seconds. */
  | {
      readonly type: "histogram";
      readonly bounds: readonly number[];
      readonly samples: readonly HistogramSample[];
    }
);
/** All metrics of a process at one time; plain data that can go through JSON. */
export type Snapshot = readonly Family[];

/** Counts a time in the histogram that begins at `at`: its buckets, then their sum. Makes nothing. */
function add(cells: Float64Array, at: number, milliseconds: number): void {
  let low = 0;
  let high = buckets - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (milliseconds <= (bucketsMs[middle] as number)) high = middle;
    else low = middle + 1;
  }
  cells[at + low] = (cells[at + low] as number) + 1;
  cells[at + buckets] = (cells[at + buckets] as number) + milliseconds;
}

/** Counters by reason. A reason is a word of the code, never of a request; the bound is for a mistake in that. */
class Reasons {
  readonly #counts = new Map<string, number>();

  count(reason: string): void {
    const known = this.#counts.get(reason);
    const name = known !== undefined || this.#counts.size < mostReasons ? reason : "other";
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  samples(more: Sample["labels"] = {}): Sample[] {
    return [...this.#counts].map(([reason, value]) => ({ labels: { ...more, reason }, value }));
  }
}

/** The requests of one route. Writes numbers into arrays, and makes nothing. */
export class RouteMetrics {
  readonly name: string;
  /** @internal */
  readonly cells = new Float64Array(classes.length * width);
  /** @internal */
  readonly times = new Float64Array(stages.length * width);
  /** @internal */
  readonly refusals = new Reasons();

  constructor(name: string) {
    this.name = name;
  }

  /** Counts an answer. @param milliseconds from the request's first byte to the end of the answer. */
  record(status: number, milliseconds: number): void {
    add(this.cells, (status >= 100 && status < 600 ? (status / 100) | 0 : 0) * width, milliseconds);
  }

  /** Counts an answer that the gateway gave itself, or cut. @param reason a word of the code, never of a request. */
  refused(reason: string): void {
    this.refusals.count(reason);
  }

  /** A connection was opened. @param milliseconds from the look-up of the name until it was there. */
  connected(milliseconds: number): void {
    add(this.times, 0, milliseconds);
  }

  /** An answer began. @param milliseconds from the moment a connection had the request. */
  firstByte(milliseconds: number): void {
    add(this.times, width, milliseconds);
  }

  /** An answer of an upstream is complete. @param milliseconds from the first try to get a connection. */
  upstreamDone(milliseconds: number): void {
    add(this.times, 2 * width, milliseconds);
  }
}

/** Reads families when somebody asks for them. */
export type Source = () => readonly Family[];

/** The metrics of one gateway process. Labels are bounded: routes come from the table, reasons from the code. */
export class Metrics {
  /** Requests that no route took. */
  readonly unrouted: RouteMetrics;
  /** Attempts repeated on another connection. */
  retries = 0;
  readonly reloads = { ok: 0, failed: 0 };
  readonly #routes = new Map<string, RouteMetrics>();
  readonly #closes = new Reasons();
  readonly #refusedConnections = new Reasons();
  readonly #sources: Source[] = [];

  constructor() {
    this.unrouted = this.route("none");
  }

  /** The counters of a route; the same ones after a reload, so that they never go back. */
  route(name: string): RouteMetrics {
    let found = this.#routes.get(name);
    if (found === undefined) {
      found = new RouteMetrics(name);
      this.#routes.set(name, found);
    }
    return found;
  }

  /** Counts a client's connection that the gateway closed. @param reason a word of the code. */
  closed(reason: string): void {
    this.#closes.count(reason);
  }

  /** Counts a client's connection that was not taken. @param reason a word of the code. */
  connectionRefused(reason: string): void {
    this.#refusedConnections.count(reason);
  }

  /** Adds metrics that are read at each {@link snapshot}. */
  observe(source: Source): void {
    this.#sources.push(source);
  }

  /** Everything as it is now. */
  snapshot(): Snapshot {
    const requests: Sample[] = [];
    const durations: HistogramSample[] = [];
    const times = stages.map((): HistogramSample[] => []);
    for (const { name, cells, times: spent } of this.#routes.values()) {
      classes.forEach((status, index) => {
        const labels = { route: name, status };
        const found = histogramSample(cells, index * width, labels);
        if (found === undefined) return;
        requests.push({ labels, value: found.counts.reduce((sum, count) => sum + count, 0) });
        durations.push(found);
      });
      times.forEach((samples, index) => {
        const found = histogramSample(spent, index * width, { route: name });
        if (found !== undefined) samples.push(found);
      });
    }
    return [
      counter("gateway_requests_total", "Requests answered, by route and status class.", requests),
      histogram(
        "gateway_request_duration_seconds",
        "Time from the head of a request to the end of its answer.",
        durations,
      ),
      ...stages.map(([name, help], index) => histogram(name, help, times[index] ?? [])),
      counter(
        "gateway_refusals_total",
        "Answers the gateway gave itself, by route and reason.",
        [...this.#routes.values()].flatMap(({ name, refusals }) => refusals.samples({ route: name })),
      ),
      counter(
        "gateway_client_closes_total",
        "Connections of clients that the gateway closed, by reason.",
        this.#closes.samples(),
      ),
      counter(
        "gateway_connections_refused_total",
        "Connections of clients that were not taken, by reason.",
        this.#refusedConnections.samples(),
      ),
      counter("gateway_retries_total", "Attempts repeated on another connection.", this.retries),
      counter("gateway_route_reloads_total", "Routing tables taken over or refused.", [
        { labels: { result: "ok" }, value: this.reloads.ok },
        { labels: { result: "failed" }, value: this.reloads.failed },
      ]),
      ...this.#sources.flatMap((source) => source()),
    ];
  }
}

/** One histogram as it is now; undefined when nothing was counted. */
function histogramSample(
  cells: Float64Array,
  at: number,
  labels: HistogramSample["labels"],
): HistogramSample | undefined {
  const counts = [...cells.subarray(at, at + buckets)];
  return counts.every((count) => count === 0)
    ? undefined
    : { labels, counts, sum: (cells[at + buckets] as number) / 1000 };
}

const histogram = (name: string, help: string, samples: readonly HistogramSample[]): Family => ({
  name,
  help,
  type: "histogram",
  bounds: bucketsMs.map((ms) => ms / 1000),
  samples,
});

const series = (samples: number | readonly Sample[]): readonly Sample[] =>
  typeof samples === "number" ? [{ labels: {}, value: samples }] : samples;

/** A counter family; its name ends in `_total`. */
export const counter = (name: string, help: string, samples: number | readonly Sample[]): Family => ({
  name,
  help,
  type: "counter",
  samples: series(samples),
});

/** A gauge family. @param merge how several processes become one. */
export const gauge = (
  name: string,
  help: string,
  samples: number | readonly Sample[],
  merge: "sum" | "max" = "sum",
): Family => ({ name, help, type: "gauge", merge, samples: series(samples) });

/** Makes the snapshots of several workers one: counters, histograms and gauges add up, `max` gauges keep the highest. */
export function merge(snapshots: readonly Snapshot[]): Snapshot {
  const families = new Map<string, Family>();
  for (const family of snapshots.flat()) {
    const known = families.get(family.name);
    families.set(family.name, known === undefined ? family : join(known, family));
  }
  return [...families.values()];
}

function join(a: Family, b: Family): Family {
  if (a.type === "histogram" && b.type === "histogram")
    return {
      ...a,
      samples: combine(a.samples, b.samples, (one, other) => ({
        labels: one.labels,
        counts: one.counts.map((count, i) => count + (other.counts[i] ?? 0)),
        sum: one.sum + other.sum,
      })),
    };
  if (a.type === "histogram" || b.type === "histogram") return a;
  const highest = a.type === "gauge" && a.merge === "max";
  const samples = combine(a.samples, b.samples, (one, other) => ({
    labels: one.labels,
    value: highest ? Math.max(one.value, other.value) : one.value + other.value,
  }));
  return { ...a, samples };
}

function combine<T extends { readonly labels: Readonly<Record<string, string>> }>(
  a: readonly T[],
  b: readonly T[],
  both: (one: T, other: T) => T,
): T[] {
  const found = new Map<string, T>();
  for (const sample of [...a, ...b]) {
    const key = JSON.stringify(Object.entries(sample.labels).sort());
    const known = found.get(key);
    found.set(key, known === undefined ? sample : both(known, sample));
  }
  return [...found.values()];
}
