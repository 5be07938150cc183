import { exposition } from "../../core/exposition.ts";
import { behind, type GroupReport } from "./readers.ts";

/** What a watch knows of the group that it watches. */
export interface Watched {
  readonly service: string;
  readonly group: string;
  /** What it is declared to read. Of a topic that it does not read any more its old offsets stay for days. */
  readonly topics: readonly string[];
  /** How it stands; undefined where Kafka does not know it. */
  readonly standing: GroupReport["groups"][number] | undefined;
  /** Whether Kafka has answered. */
  readonly answered: boolean;
  /** How long records have waited where the group gets no further. */
  readonly stalledSeconds: number;
  /** How often the watch has had the service started anew. */
  readonly restarts: number;
}

/** What a scraper is told of it. While Kafka does not answer nobody knows its members nor what waits: those are left out. */
export function watchMetrics({
  service,
  group,
  topics,
  standing,
  answered,
  stalledSeconds,
  restarts,
}: Watched): string {
  const labels = { service, group };
  const only = (value: number) => [{ labels, value }];
  const lag = new Map<string, bigint>();
  // Where it has never committed, nobody knows where it begins.
  for (const { topic, committed, start, end } of standing?.partitions ?? [])
    if (topics.includes(topic) && committed !== "-1")
      lag.set(topic, (lag.get(topic) ?? 0n) + behind(committed, start, end));
  return exposition([
    {
      name: "beat_consumer_kafka_answers",
      type: "gauge",
      help: "Whether Kafka answers the watch: without it the figures of the group are not there.",
      samples: only(answered ? 1 : 0),
    },
    {
      name: "beat_consumer_group_members",
      type: "gauge",
      help: "Members of the consumer group.",
      samples: answered ? only(standing?.members ?? 0) : [],
    },
    {
      name: "beat_consumer_group_lag",
      type: "gauge",
      help: "Records that the group has not read, by topic.",
      samples: [...lag].map(([topic, waiting]) => ({ labels: { ...labels, topic }, value: Number(waiting) })),
    },
    {
      name: "beat_consumer_group_stalled_seconds",
      type: "gauge",
      help: "How long records have waited where the group gets no further.",
      samples: only(stalledSeconds),
    },
    {
      name: "beat_consumer_restarts_total",
      type: "counter",
      help: "How often the watch has had the service started anew.",
      samples: only(restarts),
    },
  ]);
}
