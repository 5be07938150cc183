import { externalStores } from "../../../config/settings/schema.ts";
import { consumerWatchOf } from "../../../core/names.ts";
import type { StoreKind } from "../../../stores/index.ts";
import { storeKinds } from "../../../stores/index.ts";
import type { MetricName } from "../metric-names.ts";
import { readersOf } from "./kafka.ts";
import type { Alerts, Case, Subject } from "./rule.ts";

/** A metric that each exporter always tells. */
const alwaysTold: Readonly<Partial<Record<StoreKind, MetricName>>> = {
  postgres: "pg_up",
  mongo: "mongodb_up",
  redis: "redis_up",
  kafka: "kafka_brokers",
};

/** What should be read from each part that tells metrics, where they are read at all. */
function told(subject: Subject): { readonly part: string; readonly series: string }[] {
  const { platform, settings, select } = subject;
  if (!subject.metrics) return [];
  return [
    ...storeKinds.flatMap((kind) => {
      const metric = alwaysTold[kind];
      const own = platform.stores[kind] !== undefined && externalStores(settings)[kind] === undefined;
      return own && metric !== undefined ? [{ part: `${kind}-exporter`, series: select(metric) }] : [];
    }),
    ...readersOf(subject)
      .filter(({ watched }) => watched)
      .map(({ service, group }) => ({
        part: consumerWatchOf(service),
        series: select("beat_consumer_kafka_answers", { service, group }),
      })),
  ];
}

const onACluster = (make: (subject: Subject) => Case) => (subject: Subject) =>
  subject.settings.target === "kubernetes" ? [make(subject)] : [];

/** What runs, and whether it tells its metrics. */
export const containerAlerts = {
  MetricsMissing: {
    severity: "warning",
    means: "A part of the platform that tells metrics is not read: other alerts that need them cannot come.",
    steps: [
      "`./beat status` shows whether it runs",
      "on a cluster: see that `platform:observability.scraperNamespace` is the scraper's namespace",
    ],
    cases: (subject) =>
      told(subject).map(({ part, series }) => ({
        expr: `absent(${series})`,
        for: "2m",
        labels: { part },
        summary: `nobody reads the metrics of ${part}`,
      })),
  },
  ContainerRestarts: {
    severity: "warning",
    means: "A container was started anew three times or more within a quarter of an hour.",
    steps: [
      "`./beat status` shows why it ended: out of memory (137), an error, a probe",
      "`./beat logs <name>` shows its last words",
    ],
    cases: onACluster(({ select }) => ({
      expr: `max by (pod, container) (increase(${select("kube_pod_container_status_restarts_total", {}, "15m")})) > 2.5`,
      summary: "{{ $labels.container }} of {{ $labels.pod }} starts again and again",
    })),
  },
  ContainerMemory: {
    severity: "warning",
    means:
      "A container has used more than 90 % of its memory for five minutes. Beyond its limit it is killed.",
    steps: [
      "look at the dashboard of its service, or the stores': does it grow all the time?",
      "more is needed: `memoryMiB` of the store or service in the definition, or `platform:services.<name>.memoryMiB`, then `./beat up`",
    ],
    cases: onACluster(({ select }) => {
      const limit = select("kube_pod_container_resource_limits", { resource: "memory" });
      return {
        expr: `max by (pod, container) (${select("container_memory_working_set_bytes", { container: { unlike: "|POD" } })}) / max by (pod, container) (${limit}) > 0.9`,
        for: "5m",
        summary: "{{ $labels.container }} of {{ $labels.pod }} is running out of memory",
      };
    }),
  },
} as const satisfies Alerts;
