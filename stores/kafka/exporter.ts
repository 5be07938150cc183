import type { Exporter } from "../store.ts";
import type { Cluster, External, Facts, Need } from "./facts.ts";

const port = 9308;

/** Exactly these names, as a regular expression of Go. */
const only = (names: readonly string[]): string =>
  `^(${[...new Set(names)].map((name) => name.replaceAll(".", "\\.")).join("|")})$`;

/**
 * Of Kafka: danielqsj/kafka-exporter. It tells of the topics and groups of the definition alone: a console that reads a topic is a
 * group with a name of its own each time.
 */
export const exporter: Exporter<Facts, Need, External, Cluster> = {
  image: "kafkaExporter",
  login: false,
  parts: ({ address, topics, needs }) => ({
    args: [
      `--kafka.server=${address.host}:${address.port}`,
      `--topic.filter=${only(Object.keys(topics))}`,
      `--group.filter=${only(needs.flatMap(({ need: { group } }) => group ?? []))}`,
    ],
    env: {},
    files: [],
    port,
    health: { ready: { http: "/healthz", port, tool: "wget" } },
    memoryMiB: 64,
    user: { uid: 65534 },
  }),
};
