import { certManager, kubelet, kubeState, scraper } from "./metrics/around.ts";
import { kafka, mongo, postgres, redis } from "./metrics/exporters.ts";
import type { Metric, MetricSource } from "./metrics/metric.ts";
import { backups, consumerWatch, gateway } from "./metrics/own.ts";

export type { Metric, MetricSource } from "./metrics/metric.ts";

const all = {
  ...gateway,
  ...consumerWatch,
  ...backups,
  ...kafka,
  ...postgres,
  ...mongo,
  ...redis,
  ...kubelet,
  ...kubeState,
  ...certManager,
  ...scraper,
};

/** Every metric that alerts and dashboards may use: its name, what it counts, its labels and who tells it. */
export const metrics: Readonly<Record<MetricName, Metric>> = all;

/** The name of a metric. */
export type MetricName = keyof typeof all;

/** The names of metrics, in the order in which they are declared. */
export const metricNames = Object.keys(metrics) as MetricName[];

/** What is known of a metric. */
export const metricOf = (name: MetricName): Metric => metrics[name];

/** The metrics that a source tells. */
export const metricsOf = (source: MetricSource): MetricName[] =>
  metricNames.filter((name) => metricOf(name).source === source);
