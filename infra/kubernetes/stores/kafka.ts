import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { imageReference } from "../../../config/catalogue.ts";
import { storeHosts } from "../../../core/names.ts";
import { kafkaClusterId } from "../../derived/kafka-cluster-id.ts";
import { kafkaProbe } from "../../docker/probes.ts";
import { type ClusterTarget, shortHash } from "../cluster.ts";
import { probeTiming, resources, startup } from "../pod.ts";
import { memberHost, statefulStore } from "./stateful-store.ts";

const name = "kafka";

/** How many copies a record has on this cluster; undefined when the definition's own numbers hold. */
export function kafkaCopies(
  target: ClusterTarget,
): { readonly replicationFactor: number; readonly minInSyncReplicas: number } | undefined {
  const external = target.settings.external.kafka;
  if (external !== undefined) return external;
  return target.settings.kubernetes.kafka.brokers === 3
    ? { replicationFactor: 3, minInSyncReplicas: 2 }
    : undefined;
}

/** A broker set and what its clients depend on. */
export interface KafkaStore {
  readonly set: k8s.apps.v1.StatefulSet;
  /** Changes when the brokers are restarted with something new: clients that never reconnect are rolled by it. */
  readonly identity: string;
}

/** Kafka in KRaft mode: brokers that are controllers too, three or one. */
export function createKafka(target: ClusterTarget, parent: pulumi.Resource): KafkaStore | undefined {
  const facts = target.platform.stores.kafka;
  if (facts === undefined || target.settings.external.kafka !== undefined) return undefined;
  const { volume, cpu, brokers } = target.settings.kubernetes.kafka;
  const copies = kafkaCopies(target) ?? { replicationFactor: 1, minInSyncReplicas: 1 };
  const voters = Array.from(
    { length: brokers },
    (_, id) => `${id}@${memberHost(target, name, id)}:${facts.controllerPort}`,
  );
  const env: Readonly<Record<string, string>> = {
    CLUSTER_ID: kafkaClusterId(target.namespace),
    KAFKA_PROCESS_ROLES: "broker,controller",
    KAFKA_CONTROLLER_LISTENER_NAMES: "CONTROLLER",
    KAFKA_INTER_BROKER_LISTENER_NAME: "PLAINTEXT",
    KAFKA_LISTENERS: `PLAINTEXT://0.0.0.0:${facts.port},CONTROLLER://0.0.0.0:${facts.controllerPort}`,
    KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    KAFKA_CONTROLLER_QUORUM_VOTERS: voters.join(","),
    KAFKA_DEFAULT_REPLICATION_FACTOR: String(copies.replicationFactor),
    KAFKA_MIN_INSYNC_REPLICAS: String(copies.minInSyncReplicas),
    KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: String(copies.replicationFactor),
    KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: String(copies.replicationFactor),
    KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: String(copies.minInSyncReplicas),
    KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: "0",
    KAFKA_AUTO_CREATE_TOPICS_ENABLE: "false",
    KAFKA_LOG_DIRS: "/var/lib/kafka/data/logs",
    KAFKA_HEAP_OPTS: `-Xms256m -Xmx${Math.floor(facts.memoryMiB / 2)}m`,
  };
  const image = imageReference("kafka", target.settings.images);
  const start = [
    `export KAFKA_NODE_ID="\${HOSTNAME##*-}"`,
    // Each broker is reached under its own name; clients bootstrap on the Service and are sent there.
    `export KAFKA_ADVERTISED_LISTENERS="PLAINTEXT://${memberHost(target, name, "$KAFKA_NODE_ID")}:${facts.port}"`,
    // Copies are spread over zones where the cluster tells a pod its zone (Kubernetes 1.35 labels pods with it).
    'if [ -n "$ZONE" ]; then export KAFKA_BROKER_RACK="$ZONE"; fi; unset ZONE',
    "exec /etc/kafka/docker/run",
  ].join("\n");
  const answers = { exec: { command: kafkaProbe(facts.port).slice(1) } };
  const set = statefulStore(
    target,
    {
      name,
      host: storeHosts.kafka,
      replicas: brokers,
      port: { name: "kafka", number: facts.port },
      memberPorts: [{ name: "controller", number: facts.controllerPort }],
      volume: { name: "data", size: volume.size },
      parallel: true,
      // Time to catch up: with two brokers out of step nobody may write (min.insync.replicas).
      ...(brokers > 1 && { minReadySeconds: 20 }),
      timeoutSeconds: 420,
      pod: {
        uid: 1000,
        stopGraceSeconds: 90,
        // The image writes its configuration and its logs at every start.
        scratch: [
          { name: "config", path: "/opt/kafka/config" },
          { name: "logs", path: "/opt/kafka/logs" },
          { name: "tmp", path: "/tmp" },
        ],
        containers: [
          {
            name: "kafka",
            image,
            command: ["bash", "-c", start],
            env: [
              ...Object.entries(env).map(([key, value]) => ({ name: key, value })),
              {
                name: "ZONE",
                valueFrom: { fieldRef: { fieldPath: "metadata.labels['topology.kubernetes.io/zone']" } },
              },
            ],
            ports: [
              { name: "kafka", containerPort: facts.port },
              { name: "controller", containerPort: facts.controllerPort },
            ],
            resources: resources(facts.memoryMiB, cpu),
            startupProbe: { ...answers, ...startup(240) },
            readinessProbe: { ...answers, ...probeTiming.readiness },
            livenessProbe: { tcpSocket: { port: "kafka" }, ...probeTiming.liveness },
            volumeMounts: [{ name: "data", mountPath: "/var/lib/kafka/data" }],
          },
        ],
      },
    },
    { parent, dependsOn: [] },
  );
  return { set, identity: shortHash(JSON.stringify([image, env, start, facts.memoryMiB, cpu, brokers])) };
}
