import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { metricOf, metricsOf } from "../../infra/observe/metric-names.ts";
import { type StoreKind, storeOf } from "../../stores/index.ts";
import type { AnyUse } from "../../stores/store.ts";
import { Containers, imagesOf, said } from "./test-exporters.ts";

const password = "Adm1n-password-of-tests";
const monitor = "M0nitor-password-of-tests";
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A real store with its exporter beside it. */
let containers: Containers;
let secrets: string;
beforeEach((context) => {
  if (context.task.mode === "skip") return;
  containers = new Containers();
  secrets = mkdtempSync(join(tmpdir(), "beat-monitor-"));
  writeFileSync(join(secrets, "admin"), password);
  writeFileSync(join(secrets, "monitor"), monitor);
});
afterEach(() => {
  containers.end();
  rmSync(secrets, { recursive: true, force: true });
  // Four containers at most, on a machine that may be busy with others'.
}, 120_000);

const useOf = (kind: StoreKind, port: number, more: Partial<AnyUse> = {}): AnyUse => ({
  facts: { port },
  needs: [],
  topics: {},
  address: { host: kind, port },
  external: undefined,
  monitored: true,
  cluster: undefined,
  ...more,
});

/** Brings a store to a plan as its provisioner does. */
const provision = async (kind: "postgres" | "mongo", port: number, plan: object) => {
  const { schema, load } = storeOf(kind).provision ?? {};
  const whole = {
    kind,
    host: "127.0.0.1",
    port,
    admin: {
      user: kind === "mongo" ? "admin" : "postgres",
      passwordFile: join(secrets, "admin"),
      ...(kind === "postgres" && { database: "postgres" }),
    },
    alone: true,
    ...plan,
  };
  return await (await load?.())?.provision(schema?.parse(whole) as never);
};
const login = () => ({ name: "beat_monitor", passwordFile: join(secrets, "monitor") });

/** Waits until an exporter tells a metric. */
async function told(read: () => Promise<string>, until: RegExp): Promise<string> {
  let text = "";
  for (let left = 90; left > 0; left--) {
    text = await read().catch(String);
    if (until.test(text)) return text;
    await wait(1000);
  }
  throw new Error(`it never told ${until}: ${text.slice(-2000)}`);
}

/** What is declared and not told with these labels, but for what is there only in a case. */
const missing = (kind: StoreKind, text: string, without: RegExp = /^$/): string[] =>
  metricsOf(`${kind}-exporter`).filter((name) => {
    const { labels, when, type } = metricOf(name);
    if (when !== undefined || without.test(name)) return false;
    const line = new RegExp(`^${name}(?:\\{([^}]*)\\})? `, "m").exec(text);
    const found = [...(line?.[1] ?? "").matchAll(/(\w+)="/g)].map(([, label]) => label);
    const typed = new RegExp(`^# TYPE ${name} (${type}|untyped)$`, "m").test(text);
    return (
      line === null ||
      !typed ||
      labels.some((label) => !found.includes(label)) ||
      found.length > labels.length
    );
  });

const of = (kind: StoreKind) => {
  const { lacking } = imagesOf(kind);
  const why = lacking.length === 0 ? "" : ` (the engine lacks ${lacking.join(", ")})`;
  return { skip: lacking.length > 0, why };
};

describe("an exporter beside its real store tells what alerts and dashboards use", {
  timeout: 400_000,
}, () => {
  const redis = of("redis");
  test.skipIf(redis.skip)(`Redis${redis.why}`, async () => {
    await containers.run(
      "redis",
      [imagesOf("redis").store, "redis-server", "--appendonly", "yes", "--maxmemory", "50mb"],
      ["redis-cli", "set", "a", "1"],
    );
    const text = await told(
      await containers.exporter("redis", useOf("redis", 6379), monitor),
      /^redis_up 1$/m,
    );
    expect(missing("redis", text)).toEqual([]);
    expect(text).toMatch(/^redis_memory_max_bytes 5\.24288e\+07$/m);
    expect(text).not.toContain("latencies_usec_bucket");
  });

  const postgres = of("postgres");
  test.skipIf(postgres.skip)(`PostgreSQL, by a login of its own that goes again${postgres.why}`, async () => {
    const given = ["-e", `POSTGRES_PASSWORD=${password}`, "-p", "127.0.0.1::5432"];
    const id = await containers.run(
      "postgres",
      [...given, imagesOf("postgres").store, "-c", "fsync=off"],
      ["pg_isready", "-q", "-h", "127.0.0.1"],
    );
    const port = containers.portOf(id, 5432);
    const shape = { roles: [], databases: [] };
    expect(await provision("postgres", port, { ...shape, monitor: login() })).toContainEqual({
      object: "role beat_monitor",
      result: "created",
    });
    const read = await containers.exporter("postgres", useOf("postgres", 5432), monitor);
    const text = await told(read, /^pg_up 1$/m);
    expect(missing("postgres", text)).toEqual([]);
    expect(text).not.toMatch(/^pg_scrape_collector_success\{[^}]*\} 0$/m);
    expect(text).not.toContain("application_name");
    // It reads figures, and no table of anybody.
    const sql = (query: string) =>
      said(
        "docker",
        "exec",
        "-e",
        `PGPASSWORD=${monitor}`,
        id,
        "psql",
        "-h",
        "127.0.0.1",
        "-U",
        "beat_monitor",
        "postgres",
        "-Atc",
        query,
      );
    expect(sql("SELECT 1")).toBe("1");
    expect(sql("SELECT rolpassword FROM pg_authid")).toBeUndefined();
    expect(sql("CREATE DATABASE mine")).toBeUndefined();
    expect(await provision("postgres", port, { ...shape, monitor: login() })).toContainEqual({
      object: "role beat_monitor",
      result: "unchanged",
    });
    expect(await provision("postgres", port, shape)).toContainEqual({
      object: "role beat_monitor",
      result: "altered",
      note: "dropped: no exporter runs any more",
    });
    expect(sql("SELECT 1")).toBeUndefined();
    await told(read, /^pg_up 0$/m);
    expect(await provision("postgres", port, shape)).toEqual([]);
  });

  const mongo = of("mongo");
  test.skipIf(mongo.skip)(`MongoDB, by a login of its own that goes again${mongo.why}`, async () => {
    const given = ["-e", "MONGO_INITDB_ROOT_USERNAME=admin", "-e", `MONGO_INITDB_ROOT_PASSWORD=${password}`];
    const id = await containers.run(
      "mongo",
      [...given, "-p", "127.0.0.1::27017", imagesOf("mongo").store],
      ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/27017"],
    );
    const port = containers.portOf(id, 27017);
    const shape = { users: [], indexes: [] };
    expect(await provision("mongo", port, { ...shape, monitor: login() })).toContainEqual({
      object: "user beat_monitor",
      result: "created",
    });
    const read = await containers.exporter("mongo", useOf("mongo", 27017), monitor);
    const text = await told(read, /^mongodb_up\{.*\} 1$/m);
    // A stand-in that is no mongod has no figures of a server.
    const real = /^mongodb_connections\{/m.test(text);
    expect(missing("mongo", text, real ? undefined : /connections|counters|memory|uptime/)).toEqual([]);
    expect(await provision("mongo", port, shape)).toContainEqual({
      object: "user beat_monitor",
      result: "altered",
      note: "dropped: no exporter runs any more",
    });
    expect(await provision("mongo", port, shape)).toEqual([]);
  });

  const kafka = of("kafka");
  test.skipIf(kafka.skip)(`Kafka, of the topics and groups of the definition alone${kafka.why}`, async () => {
    const env = Object.entries({
      KAFKA_NODE_ID: "1",
      KAFKA_PROCESS_ROLES: "broker,controller",
      KAFKA_LISTENERS: "PLAINTEXT://:9092,CONTROLLER://:9093",
      KAFKA_ADVERTISED_LISTENERS: "PLAINTEXT://kafka:9092",
      KAFKA_CONTROLLER_LISTENER_NAMES: "CONTROLLER",
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
      KAFKA_CONTROLLER_QUORUM_VOTERS: "1@localhost:9093",
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: "1",
      KAFKA_HEAP_OPTS: "-Xmx384m",
    }).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
    const id = await containers.run(
      "kafka",
      [...env, imagesOf("kafka").store],
      ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/9092"],
    );
    const tool = (script: string) =>
      said(
        "docker",
        "exec",
        "-e",
        "KAFKA_HEAP_OPTS=-Xmx128m",
        id,
        "bash",
        "-c",
        `cd /opt/kafka/bin && ${script}`,
      );
    for (const topic of ["auth.events", "other"])
      expect(tool(`./kafka-topics.sh --bootstrap-server kafka:9092 --create --topic ${topic}`)).toContain(
        "Created",
      );
    for (const group of ["readers", "console-1"])
      tool(
        `for i in 1 2 3 4 5; do echo $i; done | ./kafka-console-producer.sh --bootstrap-server kafka:9092 --topic auth.events; ` +
          `./kafka-console-consumer.sh --bootstrap-server kafka:9092 --topic auth.events --group ${group} --from-beginning --max-messages 3`,
      );
    const use = useOf("kafka", 9092, {
      topics: { "auth.events": { partitions: 1, replicationFactor: 1 } },
      needs: [{ service: "a", need: { group: "readers", consumes: ["auth.events"], publishes: [] } }],
    });
    const read = await containers.exporter("kafka", use, monitor);
    const text = await told(read, /^kafka_consumergroup_lag_sum\{[^}]*\} 7$/m);
    expect(missing("kafka", text)).toEqual([]);
    const named = new Set([...text.matchAll(/(?:topic|consumergroup)="([^"]*)"/g)].map(([, name]) => name));
    expect([...named].sort()).toEqual(["auth.events", "readers"]);
    // The only broker goes: what was read last of it stays, its records do not.
    said("docker", "stop", "-t", "5", id);
    const away = await told(read, /^kafka_brokers 1$/m);
    expect(away).not.toMatch(/^kafka_topic_partition_current_offset/m);
  });
});
