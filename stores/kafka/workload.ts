import { memberOf, text } from "../../core/value.ts";
import type { Probe, Workload } from "../../core/workload.ts";
import type { ClusterContext, EngineContext } from "../store.ts";
import { kafkaClusterId } from "./cluster-id.ts";
import { type Copies, copiesOn } from "./copies.ts";
import type { Cluster, Facts } from "./facts.ts";
import { kafkaHost } from "./host.ts";

/**
 * Sends one ApiVersions request (key 18, version 0, correlation 1, no client id) and wants error code 0 back: a real
 * API call at the price of a connect, where Kafka's own tools start a JVM.
 * Source: Kafka protocol guide, "ApiVersions Request (Version: 0)".
 */
const answers = (port: number): Probe => ({
  exec: [
    "bash",
    "-c",
    `exec 3<>/dev/tcp/127.0.0.1/${port} && printf '\\x00\\x00\\x00\\x0a\\x00\\x12\\x00\\x00\\x00\\x00\\x00\\x01\\xff\\xff' >&3 && ` +
      `test "$(head -c 10 <&3 | od -An -tx1 -j4 | tr -d ' \\n')" = 000000010000`,
  ],
});

/** What differs between the brokers of an engine and of a cluster. */
interface BrokerArgs {
  /** What the stack is called; it stays. */
  readonly id: string;
  /** Listeners beside those of clients and controllers, by name and port. */
  readonly listeners?: Readonly<Record<string, number>>;
  readonly voters: readonly string[];
  readonly copies: Copies;
  /** Options of topics that say nothing. */
  readonly defaults?: Readonly<Record<string, string>>;
  readonly data: string;
}

/** What every broker is told, on an engine and on a cluster. */
function brokerEnv(facts: Facts, args: BrokerArgs): Record<string, string> {
  const listeners = { PLAINTEXT: facts.port, CONTROLLER: facts.controllerPort, ...args.listeners };
  const { replicationFactor, minInSyncReplicas } = args.copies;
  return {
    CLUSTER_ID: kafkaClusterId(args.id),
    KAFKA_PROCESS_ROLES: "broker,controller",
    KAFKA_CONTROLLER_LISTENER_NAMES: "CONTROLLER",
    KAFKA_INTER_BROKER_LISTENER_NAME: "PLAINTEXT",
    // No host: all addresses, of either family. Source: Apache Kafka, broker configuration, listeners.
    KAFKA_LISTENERS: Object.entries(listeners)
      .map(([name, port]) => `${name}://:${port}`)
      .join(","),
    KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: Object.keys(listeners)
      .map((name) => `${name}:PLAINTEXT`)
      .join(","),
    KAFKA_CONTROLLER_QUORUM_VOTERS: args.voters.join(","),
    ...args.defaults,
    KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: String(replicationFactor),
    KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: String(replicationFactor),
    KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: String(minInSyncReplicas),
    KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: "0",
    // Topics are made by the provisioner; a typing error shall not make one.
    KAFKA_AUTO_CREATE_TOPICS_ENABLE: "false",
    KAFKA_LOG_DIRS: args.data,
    KAFKA_HEAP_OPTS: `-Xms256m -Xmx${Math.floor(facts.memoryMiB / 2)}m`,
  };
}

/** One broker of a container engine, with a listener for programs on its machine. */
export function onEngine({ facts, id, hostPort }: EngineContext<Facts, "kafka">): [Workload] {
  const published = hostPort("kafka");
  return [
    {
      role: "store",
      name: kafkaHost,
      host: kafkaHost,
      image: { catalogue: "kafka" },
      env: text({
        ...brokerEnv(facts, {
          id,
          listeners: { EXTERNAL: facts.hostPort },
          voters: [`1@${kafkaHost}:${facts.controllerPort}`],
          copies: copiesOn({ brokers: 1 }),
          data: "/var/lib/kafka/data",
        }),
        KAFKA_NODE_ID: "1",
        // Containers bootstrap on the first, programs on the host on the last.
        KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://${kafkaHost}:${facts.port},EXTERNAL://localhost:${published || facts.hostPort}`,
      }),
      files: [],
      endpoints: [
        { name: "machine", port: facts.hostPort, scope: "machine", published },
        { name: "kafka", port: facts.port },
        { name: "controller", port: facts.controllerPort, scope: "members" },
      ],
      volumes: [{ name: "kafka-data", path: "/var/lib/kafka/data" }],
      health: { ready: answers(facts.port), everySeconds: 1, startupSeconds: 120 },
      memoryMiB: facts.memoryMiB,
      members: { stateful: 1 },
      stopGraceSeconds: 60,
      dependsOn: [],
      restartWith: [],
    },
  ];
}

/**
 * Has the others wait for the first controller: new ones could otherwise outvote it, and elect one of themselves who knows of no
 * topic. One whose volume is new waits for as long as it takes; one that has been there before waits a minute, for the first
 * member may be what has failed.
 */
const firstMemberFirst = (first: string, data: string): string =>
  [
    `if [ "$KAFKA_NODE_ID" != 0 ]; then`,
    // The first process of a container ends at this signal only if it says so.
    "trap 'exit 143' TERM",
    "n=0",
    `until (exec 3<>/dev/tcp/${first}) 2>/dev/null; do`,
    `if [ -e ${data}/__cluster_metadata-0/quorum-state ] && [ $n -ge 60 ]; then break; fi`,
    "n=$((n + 1)); sleep 1",
    "done",
    "trap - TERM; unset n",
    "fi",
  ].join("\n");

/** Kafka in KRaft mode on a cluster: brokers that are controllers too, three or one. */
export function onCluster({ facts, settings, id, memberHost }: ClusterContext<Facts, Cluster>): Workload {
  const { brokers, volume, cpu } = settings;
  const name = "kafka";
  const copies = copiesOn(settings);
  const voters = Array.from(
    { length: brokers },
    (_, broker) => `${broker}@${memberHost(name, broker)}:${facts.controllerPort}`,
  );
  const data = "/var/lib/kafka/data/logs";
  const start = [
    `export KAFKA_NODE_ID="\${HOSTNAME##*-}"`,
    ...(brokers > 1 ? [firstMemberFirst(`${memberHost(name, 0)}/${facts.controllerPort}`, data)] : []),
    // Each broker is reached under its own name; clients bootstrap on the Service and are sent there.
    `export KAFKA_ADVERTISED_LISTENERS="PLAINTEXT://${memberHost(name, "$KAFKA_NODE_ID")}:${facts.port}"`,
    // Copies are spread over zones where the cluster tells a pod its zone (Kubernetes 1.35 labels pods with it).
    'if [ -n "$ZONE" ]; then export KAFKA_BROKER_RACK="$ZONE"; fi; unset ZONE',
    "exec /etc/kafka/docker/run",
  ].join("\n");
  return {
    role: "store",
    name,
    host: kafkaHost,
    image: { catalogue: "kafka" },
    entrypoint: ["bash", "-c", start],
    env: {
      ...text(
        brokerEnv(facts, {
          id,
          voters,
          copies,
          defaults: {
            KAFKA_DEFAULT_REPLICATION_FACTOR: String(copies.replicationFactor),
            KAFKA_MIN_INSYNC_REPLICAS: String(copies.minInSyncReplicas),
          },
          data,
        }),
      ),
      ZONE: memberOf("zone"),
    },
    files: [],
    endpoints: [
      { name: "kafka", port: facts.port },
      { name: "controller", port: facts.controllerPort, scope: "members" },
    ],
    volumes: [{ name: "data", path: "/var/lib/kafka/data", size: volume.size }],
    // The image writes its configuration and its logs at every start.
    scratch: [
      { name: "config", path: "/opt/kafka/config" },
      { name: "logs", path: "/opt/kafka/logs" },
      { name: "tmp", path: "/tmp" },
    ],
    health: {
      ready: answers(facts.port),
      alive: { tcp: facts.port },
      startupSeconds: 240,
      recoverySeconds: 3600,
    },
    memoryMiB: facts.memoryMiB,
    cpu,
    members: {
      stateful: brokers,
      parallel: true,
      // Time to catch up: with two brokers out of step nobody may write (min.insync.replicas).
      ...(brokers > 1 && { settleSeconds: 20 }),
    },
    deadlineSeconds: 420,
    stopGraceSeconds: 90,
    user: { uid: 1000 },
    dependsOn: [],
    restartWith: [],
  };
}
