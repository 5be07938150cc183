/** Who tells a metric: a workload of the platform, or what a cluster has for all of its pods. */
export type MetricSource =
  | "gateway"
  | "consumer-watch"
  | "backup-metrics"
  | "kafka-exporter"
  | "mongo-exporter"
  | "postgres-exporter"
  | "redis-exporter"
  /** A scraper itself, of every endpoint that it asks. */
  | "scraper"
  /** The kubelet and its cAdvisor, on a cluster. */
  | "kubelet"
  /** kube-state-metrics, which comes with most installations of Prometheus on a cluster. */
  | "kube-state-metrics"
  /** cert-manager, where it makes the certificates. */
  | "cert-manager";

/** What alerts and dashboards may know of a metric. */
export interface Metric {
  readonly type: "counter" | "gauge" | "histogram";
  /** What one of it is; `state` where the number is none of anything. */
  readonly unit: string;
  /** Labels of its own, without those that a scraper adds (`job`, `instance`, on a cluster `namespace` and `pod`). All are bounded. */
  readonly labels: readonly string[];
  readonly source: MetricSource;
  /** It is there only in a case that no stack of one member each is in, or only once that has happened. */
  readonly when?: string;
}

type Told = Omit<Metric, "source">;
const metric =
  (type: Metric["type"]) =>
  (unit: string, labels: readonly string[] = [], when?: string): Told => ({
    type,
    unit,
    labels,
    ...(when !== undefined && { when }),
  });
/** Of a counter: its unit, its labels, and when it is there. */
export const counter = metric("counter");
/** Of a gauge. @see counter */
export const gauge = metric("gauge");
/** Of a histogram. @see counter */
export const histogram = metric("histogram");

/** Metrics of one source, by name. */
export const from = <Name extends string>(
  source: MetricSource,
  told: Readonly<Record<Name, Told>>,
): Readonly<Record<Name, Metric>> =>
  Object.fromEntries(Object.entries<Told>(told).map(([name, each]) => [name, { ...each, source }])) as Record<
    Name,
    Metric
  >;
