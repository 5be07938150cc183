import { expect, test, vi } from "vitest";
import { brokenRules } from "../../policies/rules.ts";
import { program } from "../../stacks/program.ts";
import { exposedGraph, graphOf, type Json, objects, platform } from "./kubernetes-graph.ts";
import { register } from "./mocks.ts";

const graph = await exposedGraph();
const external = await graphOf(
  {},
  {
    "platform:external": JSON.stringify({
      postgres: { host: "db.example.org", port: 6432, adminUser: "root_user", cidr: "10.20.0.0/16" },
      kafka: { host: "kafka.example.org" },
      redis: { host: "valkey.databases.svc.cluster.local" },
    }),
    "platform:secrets": JSON.stringify({ "postgres-admin": "chosenElsewhere1" }),
  },
);

test("keeps every policy", () => {
  const checked = graph.map(({ type, name, inputs }) => ({ type, name, props: inputs }));
  expect(brokenRules(checked)).toEqual([]);
});

test("every object lies in the stack's namespace, which enforces the restricted standard", () => {
  const [namespace] = objects(graph, "Namespace").values();
  expect(namespace.metadata.labels["pod-security.kubernetes.io/enforce"]).toBe("restricted");
  for (const { type, name, inputs } of graph) {
    if (!type.startsWith("kubernetes:") || type.endsWith(":Namespace")) continue;
    expect(`${name} ${(inputs as Json).metadata.namespace}`).toBe(`${name} beat-ecoprove-prod`);
  }
});

test("every member of a store finds a claim of the platform's by its name, and a larger size changes nothing else", async () => {
  const claims = objects(graph, "PersistentVolumeClaim");
  const expected = [...objects(graph, "StatefulSet").values()].flatMap(({ metadata, spec }) =>
    Array.from(
      { length: spec.replicas },
      (_, member) => `${spec.volumeClaimTemplates[0].metadata.name}-${metadata.name}-${member}`,
    ),
  );
  expect(expected).toHaveLength(8);
  expect([...claims.keys()]).toEqual(expect.arrayContaining(expected));
  const larger = objects(await graphOf({ kafka: { volume: { size: "40Gi" } } }), "PersistentVolumeClaim");
  const sizes = [...larger].map(([name, { spec }]) => [name, spec.resources.requests.storage]);
  expect(sizes.filter(([, size]) => size === "40Gi").map(([name]) => name)).toEqual([
    "data-kafka-0",
    "data-kafka-1",
    "data-kafka-2",
  ]);
});

test("the state names no kubeconfig of whoever ran `up`", async () => {
  vi.stubEnv("KUBECONFIG", "/home/somebody/.kube/config");
  const providers = (await graphOf()).filter(({ type }) => type === "pulumi:providers:kubernetes");
  vi.unstubAllEnvs();
  expect(providers.map(({ inputs }) => inputs.kubeconfig)).toEqual(["", ""]);
});

test("a changed route changes the gateway's routes and its pods, and nothing else", async () => {
  const before = await graphOf();
  const after = await graphOf({}, { "platform:cors": JSON.stringify(["https://app.example.org"]) });
  const changed = after
    .filter(({ name, type, inputs }) => {
      const was = before.find((other) => other.name === name && other.type === type);
      return JSON.stringify(was?.inputs) !== JSON.stringify(inputs) && type.startsWith("kubernetes:");
    })
    .map(({ type, name }) => `${type.split(":").pop()} ${name}`)
    // Secrets that nobody gave are made anew in every run under mocks.
    .filter(
      (name) =>
        !/^(Secret|Deployment (auth|core|messaging)-service|StatefulSet (mongo|postgres)|Job|CronJob)/.test(
          name,
        ),
    );
  expect(changed.sort()).toEqual(["ConfigMap gateway-routes", "Deployment gateway"]);
});

test("an external store is used and not deployed; the rest is unchanged", () => {
  expect([...objects(external, "StatefulSet").keys()].sort()).toEqual(["mongo"]);
  const env = new Map<string, string>(
    objects(external, "Deployment")
      .get("auth-service")
      .spec.template.spec.containers[0].env.map(({ name, value }: Json) => [name, value]),
  );
  expect(env.get("POSTGRES_HOST")).toBe("db.example.org");
  expect(env.get("POSTGRES_PORT")).toBe("6432");
  expect(env.get("KAFKA_HOST")).toBe("kafka.example.org");
  expect(env.get("REDIS_HOST")).toBe("valkey.databases.svc.cluster.local");
  const plan = JSON.parse(objects(external, "ConfigMap").get("provision-postgres").data["plan.json"]);
  expect(plan).toMatchObject({ host: "db.example.org", port: 6432, admin: { user: "root_user" } });
  const egress = objects(external, "NetworkPolicy").get("from-auth-service").spec.egress;
  expect(egress).toContainEqual({
    to: [{ ipBlock: { cidr: "10.20.0.0/16" } }],
    ports: [{ protocol: "TCP", port: 6432 }],
  });
  // One that runs in this cluster is named by its namespace, any other by no more than its port.
  expect(egress).toContainEqual({
    to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "databases" } } }],
    ports: [{ protocol: "TCP", port: 6379 }],
  });
  expect(egress).toContainEqual({
    to: [{ ipBlock: { cidr: "0.0.0.0/0" } }, { ipBlock: { cidr: "::/0" } }],
    ports: [{ protocol: "TCP", port: 9092 }],
  });
});

test("Kafka has three brokers with three copies, of which two must have a record", () => {
  const { spec } = objects(graph, "StatefulSet").get("kafka");
  expect(spec.replicas).toBe(3);
  const plan = JSON.parse(objects(graph, "ConfigMap").get("provision-kafka").data["plan.json"]);
  for (const topic of plan.topics)
    expect(topic).toMatchObject({ replicationFactor: 3, configs: { "min.insync.replicas": "2" } });
});

test("Mongo is a replica set with a keyfile, and one of a single member where the stack says so", async () => {
  const plan = JSON.parse(objects(graph, "ConfigMap").get("provision-mongo").data["plan.json"]);
  expect(plan.replicaSet.members).toHaveLength(3);
  expect(Object.keys(objects(graph, "Secret").get("mongo-admin").stringData).sort()).toEqual([
    "keyfile",
    "password",
  ]);
  const single = await graphOf({ mongo: { members: 1 } });
  expect(objects(single, "StatefulSet").get("mongo").spec.replicas).toBe(1);
  const alone = JSON.parse(objects(single, "ConfigMap").get("provision-mongo").data["plan.json"]);
  expect(alone.replicaSet.members).toEqual(plan.replicaSet.members.slice(0, 1));
  expect(alone.replicaSet.leaving).toEqual(plan.replicaSet.members.slice(1));
  // What lets the others go is done before there are fewer.
  const retire = JSON.parse(objects(single, "ConfigMap").get("retire-mongo").data["plan.json"]);
  expect(retire).toMatchObject({ step: "retire", replicaSet: alone.replicaSet });
});

test("dev and prod give every service the same variables", async () => {
  const docker = await register("dev", { "platform:source": "sample" }, program);
  for (const name of Object.keys(platform.services)) {
    const container = docker.find(
      (resource) => resource.name === name && resource.type.includes("container:Container"),
    );
    const dev = ((container?.inputs ?? {}) as Json).envs.map((line: string) => line.split("=", 1)[0]);
    const prod = objects(graph, "Deployment")
      .get(name)
      .spec.template.spec.containers[0].env.map((entry: Json) => entry.name);
    expect(prod.sort()).toEqual(dev.sort());
  }
});
