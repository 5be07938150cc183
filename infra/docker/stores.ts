import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { imageReference } from "../../config/catalogue.ts";
import { administratorSecret } from "../../core/names.ts";
import { kafkaClusterId } from "../derived/kafka-cluster-id.ts";
import type { Secrets } from "../secrets.ts";
import { managedContainer } from "./managed-container.ts";
import { kafkaProbe, mongoProbe, postgresProbe, redisProbe } from "./probes.ts";
import { type DockerTarget, stackLabel } from "./target.ts";

/** The platform's stores as containers with their volumes. A store the platform does not declare is undefined. */
export class Stores extends pulumi.ComponentResource {
  readonly postgres: docker.Container | undefined;
  readonly mongo: docker.Container | undefined;
  readonly redis: docker.Container | undefined;
  readonly kafka: docker.Container | undefined;

  constructor(name: string, target: DockerTarget, secrets: Secrets, opts?: pulumi.ComponentResourceOptions) {
    super("beat:docker:Stores", name, {}, opts);
    this.postgres = createPostgres(target, secrets, this);
    this.mongo = createMongo(target, secrets, this);
    this.redis = createRedis(target, this);
    this.kafka = createKafka(target, this);
    this.registerOutputs();
  }
}

/** A volume that a destroy refuses to touch: `beat down` leaves it, `beat down --volumes` lifts the protection. */
export function dataVolume(target: DockerTarget, name: string, parent: pulumi.Resource): docker.Volume {
  return new docker.Volume(
    name,
    { name: `${target.prefix}-${name}`, labels: [{ label: stackLabel, value: target.prefix }] },
    { parent, protect: true },
  );
}

function createPostgres(
  target: DockerTarget,
  secrets: Secrets,
  parent: pulumi.Resource,
): docker.Container | undefined {
  const facts = target.platform.stores.postgres;
  if (facts === undefined) return undefined;
  const data = dataVolume(target, "postgres-data", parent);
  return managedContainer(
    target,
    {
      name: "postgres",
      image: target.images(imageReference("postgres", target.settings.images)),
      command: [
        "postgres",
        "-c",
        `max_connections=${facts.maxConnections}`,
        "-c",
        "password_encryption=scram-sha-256",
      ],
      env: {
        POSTGRES_USER: "postgres",
        // An administrative database of its own: none of the services'.
        POSTGRES_DB: "postgres",
        POSTGRES_PASSWORD_FILE: "/run/secrets/postgres-admin",
        POSTGRES_INITDB_ARGS: "--auth-host=scram-sha-256",
      },
      uploads: [
        { file: "/run/secrets/postgres-admin", content: secrets.get(administratorSecret("postgres")) },
      ],
      ports: [{ internal: facts.port, external: target.settings.ports.postgres }],
      volumes: [{ volume: data.name, path: "/var/lib/postgresql/data" }],
      health: { test: postgresProbe, startupSeconds: 120 },
      memoryMiB: facts.memoryMiB,
      stopGraceSeconds: 60,
    },
    { parent },
  );
}

function createMongo(
  target: DockerTarget,
  secrets: Secrets,
  parent: pulumi.Resource,
): docker.Container | undefined {
  const facts = target.platform.stores.mongo;
  if (facts === undefined) return undefined;
  const data = dataVolume(target, "mongo-data", parent);
  const config = dataVolume(target, "mongo-config", parent);
  return managedContainer(
    target,
    {
      name: "mongo",
      image: target.images(imageReference("mongo", target.settings.images)),
      env: {
        MONGO_INITDB_ROOT_USERNAME: "admin",
        MONGO_INITDB_ROOT_PASSWORD_FILE: "/run/secrets/mongo-admin",
      },
      uploads: [{ file: "/run/secrets/mongo-admin", content: secrets.get(administratorSecret("mongo")) }],
      ports: [{ internal: facts.port, external: target.settings.ports.mongo }],
      volumes: [
        { volume: data.name, path: "/data/db" },
        { volume: config.name, path: "/data/configdb" },
      ],
      health: { test: mongoProbe, intervalSeconds: 3, timeoutSeconds: 10, startupSeconds: 120 },
      memoryMiB: facts.memoryMiB,
      stopGraceSeconds: 60,
    },
    { parent },
  );
}

function createRedis(target: DockerTarget, parent: pulumi.Resource): docker.Container | undefined {
  const facts = target.platform.stores.redis;
  if (facts === undefined) return undefined;
  const { devTools, ports, images } = target.settings;
  const data = dataVolume(target, "redis-data", parent);
  // Tokens and pending sign-ups live here: never evict, and survive a restart. The clients know no
  // password, so other containers must be let in without one.
  const options = ["--appendonly", "yes", "--maxmemory-policy", "noeviction", "--protected-mode", "no"];
  return managedContainer(
    target,
    {
      name: "redis",
      image: target.images(imageReference(devTools ? "redisStack" : "redis", images)),
      ...(devTools ? { env: { REDIS_ARGS: options.join(" ") } } : { command: ["redis-server", ...options] }),
      ports: [
        { internal: facts.port, external: ports.redis },
        ...(devTools ? [{ internal: 8001, external: ports.redisUi }] : []),
      ],
      volumes: [{ volume: data.name, path: "/data" }],
      health: { test: redisProbe, intervalSeconds: 1, startupSeconds: 60 },
      memoryMiB: facts.memoryMiB,
      stopGraceSeconds: 30,
    },
    { parent },
  );
}

function createKafka(target: DockerTarget, parent: pulumi.Resource): docker.Container | undefined {
  const facts = target.platform.stores.kafka;
  if (facts === undefined) return undefined;
  const data = dataVolume(target, "kafka-data", parent);
  const hostPort = target.settings.ports.kafka;
  const host = "kafka-b";
  return managedContainer(
    target,
    {
      name: host,
      image: target.images(imageReference("kafka", target.settings.images)),
      env: {
        CLUSTER_ID: kafkaClusterId(target.prefix),
        KAFKA_NODE_ID: "1",
        KAFKA_PROCESS_ROLES: "broker,controller",
        KAFKA_CONTROLLER_LISTENER_NAMES: "CONTROLLER",
        KAFKA_INTER_BROKER_LISTENER_NAME: "PLAINTEXT",
        KAFKA_LISTENERS: `PLAINTEXT://0.0.0.0:${facts.port},CONTROLLER://0.0.0.0:${facts.controllerPort},EXTERNAL://0.0.0.0:${facts.hostPort}`,
        // Containers bootstrap on the first, programs on the host on the last.
        KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://${host}:${facts.port},EXTERNAL://localhost:${hostPort || facts.hostPort}`,
        KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,EXTERNAL:PLAINTEXT",
        KAFKA_CONTROLLER_QUORUM_VOTERS: `1@${host}:${facts.controllerPort}`,
        KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: "1",
        KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: "1",
        KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: "1",
        KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: "0",
        // Topics are made by the provisioner; a typing error shall not make one.
        KAFKA_AUTO_CREATE_TOPICS_ENABLE: "false",
        KAFKA_LOG_DIRS: "/var/lib/kafka/data",
        KAFKA_HEAP_OPTS: `-Xms256m -Xmx${Math.floor(facts.memoryMiB / 2)}m`,
      },
      ports: [{ internal: facts.hostPort, external: hostPort }],
      volumes: [{ volume: data.name, path: "/var/lib/kafka/data" }],
      health: { test: kafkaProbe(facts.port), intervalSeconds: 1, startupSeconds: 120 },
      memoryMiB: facts.memoryMiB,
      stopGraceSeconds: 60,
    },
    { parent },
  );
}
