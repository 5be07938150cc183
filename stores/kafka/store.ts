import { type Address, defineStore, refs } from "../store.ts";
import { check } from "./check.ts";
import { exporter } from "./exporter.ts";
import { cluster, external, facts, need } from "./facts.ts";
import { kafkaHost } from "./host.ts";
import { plan, retirement } from "./plan.ts";
import { planSchema } from "./plan-schema.ts";
import { readers } from "./readers.ts";
import { watchOf } from "./watch.ts";
import { onCluster, onEngine } from "./workload.ts";

/** What a service's `env` is given of Kafka: the topics it named, as literal types. */
export interface KafkaRefs {
  readonly need: unknown;
  readonly refs: Address & TopicsOf<this["need"]>;
}

interface TopicsOf<Need> {
  readonly publishes: Need extends { publishes: infer P extends readonly string[] } ? P : readonly [];
  readonly consumes: Need extends { consumes: infer C extends readonly string[] } ? C : readonly [];
}

/** Kafka in KRaft mode: its clients know no password, so that who may connect is all the protection there is. */
export const kafka = defineStore({
  title: "Kafka",
  host: kafkaHost,
  facts,
  need,
  cluster,
  external,
  images: {
    kafka: {
      repository: "apache/kafka",
      tag: "4.3.1",
      lifecycle: {
        // The last three minor releases are cared for: with 4.3 that is over for 4.0.
        source: "https://cwiki.apache.org/confluence/display/KAFKA/Time+Based+Release+Plan",
        lines: { "3": "ended", "4.0": "ended" },
      },
    },
    kafkaExporter: { repository: "danielqsj/kafka-exporter", tag: "v1.9.0" },
  },
  ports: {
    kafka: { defaultPort: 9094, what: "Kafka's listener for programs on the host", variable: "KAFKA_PORT" },
  },
  login: false,
  refsKind: refs<KafkaRefs>(),
  refs: ({ publishes, consumes }, { address }) => ({ ...address, publishes, consumes }),
  check,
  // The provisioner makes final what each release can, and an earlier one does not read that.
  upgrade: "upward by release",
  imagesUsed: () => ["kafka"],
  onEngine,
  onCluster,
  watch: { of: watchOf, readers, load: () => import("./consumer-watch.ts") },
  provision: { schema: planSchema, plan, retirement, load: () => import("./provision.ts") },
  // Records are on their way: a service that must keep one writes it into a database.
  backup: undefined,
  exporter,
});
