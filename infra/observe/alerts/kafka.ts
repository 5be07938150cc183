import type { ServiceModel } from "../../../config/define/model.ts";
import { externalStores } from "../../../config/settings/schema.ts";
import { unless } from "../promql.ts";
import type { Alerts, Case, Subject } from "./rule.ts";

/** A service that reads events. */
export interface Reader {
  readonly service: string;
  readonly group: string;
  /** A watch of ours looks at its group every five seconds. */
  readonly watched: boolean;
}

const readerOf = ({ name, needs: { kafka } }: ServiceModel): Reader[] =>
  kafka?.group === undefined
    ? []
    : [{ service: name, group: kafka.group, watched: kafka.reconnects !== true }];

/** The consumer groups of a platform. */
export const readersOf = ({ platform }: Pick<Subject, "platform">): readonly Reader[] =>
  platform.stores.kafka === undefined ? [] : Object.values(platform.services).flatMap(readerOf);

/** How many brokers a stack's own Kafka has; undefined where it has none. */
export function brokersOf({
  platform,
  settings,
}: Pick<Subject, "platform" | "settings">): number | undefined {
  if (platform.stores.kafka === undefined || externalStores(settings).kafka !== undefined) return undefined;
  return settings.target === "kubernetes" ? settings.kubernetes.kafka.brokers : 1;
}

/** Kafka answers nobody: told by those who look all the time, else by what its exporter no longer tells. */
function kafkaIsAway(subject: Subject): string {
  const { select } = subject;
  const watched = readersOf(subject).some((reader) => reader.watched);
  return watched
    ? `max(${select("beat_consumer_kafka_answers")}) == 0`
    : `absent(${select("kafka_topic_partition_current_offset")}) and on () count(${select("kafka_brokers")})`;
}

function withoutMembers({ select }: Subject, { service, group, watched }: Reader): string {
  if (watched)
    return `sum(${select("beat_consumer_group_members", { service, group })}) == 0 and sum(${select("beat_consumer_kafka_answers", { service, group })}) > 0`;
  // A group that nobody ever joined has no series: that counts as none, wherever Kafka tells of its topics.
  const members = `sum(${select("kafka_consumergroup_members", { consumergroup: group })})`;
  return `(${members} or 0 * count(${select("kafka_topic_partition_current_offset")})) == 0`;
}

function readsNoFurther({ select }: Subject, { service, group, watched }: Reader): string {
  if (watched) return `max(${select("beat_consumer_group_stalled_seconds", { service, group })}) > 45`;
  const labels = { consumergroup: group };
  const waits = `max by (topic, partition) (min_over_time(${select("kafka_consumergroup_lag", labels, "5m")})) > 0`;
  const stands = `max by (topic, partition) (delta(${select("kafka_consumergroup_current_offset", labels, "5m")})) == 0`;
  return `count(${waits} and ${stands}) > 0`;
}

const everyReader =
  (make: (subject: Subject, reader: Reader) => Case) =>
  (subject: Subject): Case[] =>
    readersOf(subject).map((reader) => ({
      ...make(subject, reader),
      labels: { service: reader.service, group: reader.group },
    }));

/** Kafka, its topics and the groups that read them. */
export const kafkaAlerts = {
  KafkaDown: {
    severity: "critical",
    means: "Kafka does not answer: no event is written or read.",
    steps: [
      "`./beat status` shows whether it runs",
      "`./beat logs kafka` shows why not: mostly memory, or a full disk",
      "once it is back: `./beat verify` tells whether every group reads again",
    ],
    cases: (subject) =>
      subject.platform.stores.kafka === undefined
        ? []
        : [{ expr: kafkaIsAway(subject), for: "30s", summary: "Kafka does not answer" }],
  },
  KafkaBrokerAway: {
    severity: "warning",
    means: "A broker of several is away. Events still flow; with another one gone they would not.",
    steps: ["`./beat status` shows which one, and why", "`./beat logs kafka`"],
    cases: (subject) => {
      const brokers = brokersOf(subject) ?? 1;
      return brokers === 1
        ? []
        : [
            {
              expr: `max(${subject.select("kafka_brokers")}) < ${brokers}${unless(kafkaIsAway(subject))}`,
              for: "30s",
              summary: `fewer than ${brokers} brokers of Kafka are there`,
            },
          ];
    },
  },
  TopicUnderReplicated: {
    severity: "warning",
    means:
      "A topic has fewer copies than it should though every broker is there: one cannot keep up, or its disk is full.",
    steps: ["`./beat logs kafka`", "look at the stores' dashboard: the brokers' volumes"],
    cases: (subject) => {
      const { select } = subject;
      const brokers = brokersOf(subject);
      const away = brokers === undefined ? "" : unless(`max(${select("kafka_brokers")}) < ${brokers}`);
      return subject.platform.stores.kafka === undefined
        ? []
        : [
            {
              expr: `sum by (topic) (${select("kafka_topic_partition_under_replicated_partition")}) > 0${away}`,
              for: "2m",
              summary: "topic {{ $labels.topic }} has too few copies",
            },
          ];
    },
  },
  GroupWithoutMembers: {
    severity: "critical",
    means: "No consumer of a service is a member of its group: its events wait.",
    steps: [
      "`./beat status` shows whether the service runs",
      "`./beat logs <service>`",
      "`./beat verify` says of each group whether it has members and reads",
    ],
    cases: everyReader((subject, reader) => ({
      expr: `${withoutMembers(subject, reader)}${unless(kafkaIsAway(subject))}`,
      for: "1m",
      summary: `nobody reads for ${reader.service}: group ${reader.group} has no member`,
    })),
  },
  GroupReadsNoFurther: {
    severity: "critical",
    means:
      "Records wait, the group has members, and reads none of them. Auth's consumer stops so after the first error; or a record is one that the service cannot handle.",
    steps: [
      "`./beat logs <service>` shows the record, or the error",
      "a service that does not come back by itself is started anew by its watch: see ConsumerRestarts if that does not help",
    ],
    cases: everyReader((subject, reader) => ({
      expr: `${readsNoFurther(subject, reader)}${unless(kafkaIsAway(subject), withoutMembers(subject, reader))}`,
      summary: `group ${reader.group} of ${reader.service} reads no further`,
    })),
  },
  GroupLags: {
    severity: "warning",
    means:
      "A group reads, and a record of more than ten minutes ago still waits: it reads more slowly than others write.",
    steps: [
      "look at the service's dashboard: the lag by topic, and its container",
      "`./beat logs <service>` shows what takes so long",
    ],
    cases: everyReader((subject, reader) => {
      const { select } = subject;
      const at = `max by (topic, partition) (${select("kafka_consumergroup_current_offset", { consumergroup: reader.group })} >= 0)`;
      // Where the topic ended ten minutes ago the group should be by now.
      const end = `max by (topic, partition) (${select("kafka_topic_partition_current_offset")} offset 10m)`;
      const known = [kafkaIsAway(subject), withoutMembers(subject, reader), readsNoFurther(subject, reader)];
      return {
        expr: `count by (topic) (${at} < on (topic, partition) ${end})${unless(...known)}`,
        for: "1m",
        summary: `records of topic {{ $labels.topic }} wait for ${reader.service} for more than ten minutes`,
      };
    }),
  },
  ConsumerRestarts: {
    severity: "warning",
    means: "A service was started anew three times or more within an hour because its consumer was dead.",
    steps: [
      "`./beat logs <service>` shows what ends its consumer each time: one and the same record?",
      "`./beat status` shows how often it was started",
    ],
    cases: (subject) =>
      readersOf(subject)
        .filter(({ watched }) => watched)
        .map(({ service, group }) => ({
          expr: `sum(increase(${subject.select("beat_consumer_restarts_total", { service, group }, "1h")})) > 2.5`,
          labels: { service, group },
          summary: `the consumer of ${service} dies again and again`,
        })),
  },
} as const satisfies Alerts;
