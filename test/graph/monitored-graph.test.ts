import { describe, expect, test } from "vitest";
import { program } from "../../stacks/program.ts";
import { graphOf, type Json, objects } from "./kubernetes-graph.ts";
import { type Registered, register } from "./mocks.ts";
import { brokenRulesOf } from "./policies.ts";

const kinds = ["kafka", "mongo", "postgres", "redis"];
const exporters = kinds.map((kind) => `${kind}-exporter`);
const ports: Readonly<Record<string, number>> = {
  "kafka-exporter": 9308,
  "mongo-exporter": 9216,
  "postgres-exporter": 9187,
  "redis-exporter": 9121,
};
const deployments = (graph: readonly Registered[]) => objects(graph, "Deployment");
const onCluster = (observability: object, kubernetes: object = {}) =>
  graphOf(kubernetes, { "platform:observability": JSON.stringify(observability) });
/** The plan that a provisioner is given. */
const planOf = (graph: readonly Registered[], kind: string): Json => {
  const found = graph.find(({ type, name }) => type.endsWith(":ConfigMap") && name === `provision-${kind}`);
  const inputs: Json = found?.inputs;
  return JSON.parse(inputs.data["plan.json"]);
};

describe("a stack on a cluster", () => {
  test("whose metrics nothing reads runs no exporter, and no store has its login", async () => {
    const graph = await graphOf();
    expect([...deployments(graph).keys()].filter((name) => name.endsWith("-exporter"))).toEqual([]);
    expect(objects(graph, "PodMonitor").size).toBe(0);
    for (const kind of ["postgres", "mongo"]) expect(planOf(graph, kind).monitor).toBeUndefined();
    expect(JSON.stringify(graph)).not.toContain("beat-monitor");
  });

  test("with an operator runs one beside each store, and tells it of every port with metrics", async () => {
    const graph = await onCluster({
      monitors: "prometheus-operator",
      scraperNamespace: "monitoring",
      ruleLabels: { release: "prometheus" },
    });
    expect(brokenRulesOf(graph)).toEqual([]);
    const found = deployments(graph);
    expect([...found.keys()].filter((name) => name.endsWith("-exporter")).sort()).toEqual(exporters);
    for (const name of exporters) {
      const { spec, metadata } = found.get(name).spec.template;
      const [container] = spec.containers;
      expect(container.ports).toEqual([{ name: "metrics", containerPort: ports[name] }]);
      expect(container.securityContext).toMatchObject({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
      expect(container.resources.limits.memory).toMatch(/^\d+Mi$/);
      expect(container.readinessProbe.httpGet.port).toBe("metrics");
      expect(container.livenessProbe.tcpSocket.port).toBe("metrics");
      expect(spec.securityContext.runAsNonRoot).toBe(true);
      expect(spec.securityContext.runAsUser).toBeGreaterThan(0);
      expect(metadata.annotations?.["prometheus.io/scrape"]).toBeUndefined();
    }
    const [monitor] = [...objects(graph, "PodMonitor").values()];
    expect(monitor.metadata.labels).toMatchObject({ release: "prometheus" });
    expect(monitor.spec.selector.matchLabels).toEqual({ "app.kubernetes.io/instance": "beat-ecoprove-prod" });
    expect(
      monitor.spec.podMetricsEndpoints.map(({ port, path, relabelings: [{ replacement }] }: Json) => [
        port,
        path,
        replacement,
      ]),
    ).toEqual([
      ["watch", "/metrics", "consumer-watch-$1"],
      ["metrics", "/metrics", "$1"],
    ]);
    // Ports that it names are those that pods have.
    const named = [...found.values()].flatMap(({ spec }) =>
      [...spec.template.spec.containers, ...(spec.template.spec.initContainers ?? [])].flatMap(
        (container: Json) => (container.ports ?? []).map(({ name }: Json) => name),
      ),
    );
    for (const { port } of monitor.spec.podMetricsEndpoints) expect(named).toContain(port);
  });

  test("lets a scraper's namespace to exactly the ports with metrics, and each exporter to its store", async () => {
    const graph = await onCluster({ monitors: "annotations", scraperNamespace: "monitoring" });
    const policies = objects(graph, "NetworkPolicy");
    const open = [...policies.values()].flatMap(({ spec }) =>
      (spec.ingress ?? []).flatMap((rule: Json) =>
        rule.from.some(
          ({ namespaceSelector }: Json) =>
            namespaceSelector?.matchLabels["kubernetes.io/metadata.name"] === "monitoring",
        )
          ? rule.ports.map(
              ({ port }: Json) => `${spec.podSelector.matchLabels["app.kubernetes.io/component"]}:${port}`,
            )
          : [],
      ),
    );
    expect(open.sort()).toEqual(
      [
        "auth-service:9465",
        "gateway:9464",
        "messaging-service:9465",
        ...exporters.map((name) => `${name}:${ports[name]}`),
      ].sort(),
    );
    for (const [kind, host] of [
      ["kafka", "kafka-b"],
      ["mongo", "mongo"],
      ["postgres", "postgres"],
      ["redis", "redis"],
    ])
      expect(policies.get(`from-${kind}-exporter`).spec.egress[0].to).toEqual([
        {
          podSelector: {
            matchLabels: {
              "app.kubernetes.io/component": host,
              "app.kubernetes.io/instance": "beat-ecoprove-prod",
            },
          },
        },
      ]);
    for (const name of ["gateway", "auth-service", ...exporters]) {
      const { annotations } = deployments(graph).get(name).spec.template.metadata;
      expect(annotations).toMatchObject({ "prometheus.io/scrape": "true", "prometheus.io/path": "/metrics" });
      expect(Object.values(annotations)).toContain(String(ports[name] ?? (name === "gateway" ? 9464 : 9465)));
    }
    const core = deployments(graph).get("core-service").spec.template.metadata;
    expect(JSON.stringify(core.annotations ?? {})).not.toContain("prometheus.io");
  });

  test("says by the old spelling what the new one says, and runs no exporter for it", async () => {
    const graph = await graphOf({ gateway: { metricsFrom: "monitoring" } });
    const open = [...objects(graph, "NetworkPolicy").keys()].filter((name) => name.startsWith("metrics-of-"));
    expect(open.sort()).toEqual(
      ["auth-service", "gateway", "messaging-service"].map((n) => `metrics-of-${n}`),
    );
  });

  test("measures no store that somebody else runs", async () => {
    const graph = await graphOf(
      {},
      {
        "platform:observability": JSON.stringify({ monitors: "annotations", scraperNamespace: "monitoring" }),
        "platform:external": JSON.stringify({ redis: { host: "redis.example.org" } }),
      },
    );
    expect([...deployments(graph).keys()].filter((name) => name.endsWith("-exporter")).sort()).toEqual(
      exporters.filter((name) => name !== "redis-exporter"),
    );
  });

  test("has logins for exporters whose passwords are secrets, and in no argument", async () => {
    const graph = await onCluster({ metrics: true });
    for (const kind of ["postgres", "mongo"]) {
      expect(planOf(graph, kind).monitor).toEqual({
        name: "beat_monitor",
        passwordFile: `/run/secrets/${kind}-beat-monitor`,
      });
      expect(graph.map(({ name }) => name)).toContain(`${kind}-beat-monitor`);
    }
    const mongo = deployments(graph).get("mongo-exporter").spec.template.spec.containers[0];
    expect(mongo.env.find(({ name }: Json) => name === "MONGODB_PASSWORD").valueFrom.secretKeyRef.key).toBe(
      "MONGODB_PASSWORD",
    );
    const postgres = deployments(graph).get("postgres-exporter").spec.template.spec;
    expect(JSON.stringify(postgres.volumes)).toContain("secret");
  });
});

describe("a stack on an engine", () => {
  const dev = (config: Readonly<Record<string, string>> = {}) => register("dev", config, program);
  const containers = (graph: readonly Registered[]) =>
    new Map(
      graph
        .filter(({ type }) => type.endsWith(":Container"))
        .map(({ name, inputs }) => [name, inputs as Json]),
    );

  test("runs exporters with metrics alone, and publishes none of their ports", async () => {
    const without = containers(await dev());
    expect([...without.keys()].filter((name) => name.endsWith("-exporter"))).toEqual([]);
    const graph = await dev({
      "platform:observability": JSON.stringify({ metrics: true }),
      "platform:backups": JSON.stringify({ schedule: "0 3 * * *" }),
    });
    expect(brokenRulesOf(graph)).toEqual([]);
    expect(containers(graph).get("backup-metrics").envs).toContainEqual(
      expect.stringMatching(/^BACKUP_SOURCES=(?=.*postgres)(?=.*mongo)(?=.*,)/),
    );
    const found = containers(graph);
    expect([...found.keys()].filter((name) => name.endsWith("-exporter")).sort()).toEqual(exporters);
    for (const name of exporters) {
      const { uploads, ...container } = found.get(name);
      expect(container).toMatchObject({ ports: [], capabilities: { drops: ["ALL"] } });
      // An engine uploads nothing into a root that is read alone.
      expect(container.readOnly).toBe((uploads ?? []).length === 0);
      expect(found.get(name).memory).toBeLessThanOrEqual(128);
    }
    for (const name of exporters) expect(found.get(name).healthcheck.tests).not.toEqual([]);
    expect(found.get("gateway").envs).toContain("GATEWAY_METRICS_PORT=9464");
    expect(found.get("gateway").ports.map(({ internal }: Json) => internal)).toEqual([9000]);
    expect(JSON.stringify(found.get("kafka-exporter").command)).toContain("--kafka.server=kafka-b:9092");
  });
});
