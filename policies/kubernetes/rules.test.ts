import { describe, expect, test } from "vitest";
import { goodGraph } from "../good-graph.ts";
import type { GraphResource } from "../rule.ts";
import { brokenRules, rules } from "../rules.ts";

/** An object of JSON that a test reaches into. */
// biome-ignore lint/suspicious/noExplicitAny: the graph is JSON, and a test breaks it anywhere
type Json = any;
type Graph = Record<string, Json>;

/** What a graph breaks once one thing is changed. Resources are found by `kind/name`. */
function broken(change: (graph: Graph) => void): readonly string[] {
  const resources = goodGraph();
  const graph: Graph = Object.fromEntries(
    resources.map(({ type, name, props }) => [`${type.split(":").pop()}/${name}`, props]),
  );
  change(graph);
  return brokenRules(resources).map((line) => line.split(" (fix: ")[0] as string);
}
const container = (graph: Graph, of = "Deployment/api"): Json => graph[of].spec.template.spec.containers[0];
const pod = (graph: Graph, of = "Deployment/api"): Json => graph[of].spec.template.spec;

test("a platform that keeps every rule breaks none", () => expect(broken(() => {})).toEqual([]));

test("rules have names of their own and a description", () => {
  expect(new Set(rules.map(({ name }) => name)).size).toBe(rules.length);
  for (const { name, description } of rules) {
    expect(name).toMatch(/^[a-z][a-z-]+$/);
    expect(description).toMatch(/\.$/);
  }
});

describe.each<[string, (graph: Graph) => void, string[]]>([
  [
    "a privileged container",
    (graph) => {
      container(graph).securityContext = { ...container(graph).securityContext, privileged: true };
    },
    ["no-host-access: api/api is privileged"],
  ],
  [
    "host network and a hostPath",
    (graph) => {
      pod(graph).hostNetwork = true;
      pod(graph).volumes = [{ name: "sock", hostPath: { path: "/var/run" } }];
    },
    ["no-host-access: api uses hostNetwork", "no-host-access: api volume sock is a path of the node"],
  ],
  [
    "a container without a security context",
    (graph) => {
      delete container(graph, "Job/provision").securityContext;
    },
    [
      "restricted-containers: provision/job may run as root",
      "restricted-containers: provision/job may gain privileges",
      "restricted-containers: provision/job keeps Linux capabilities",
      "restricted-containers: provision/job can write to its root file system",
    ],
  ],
  [
    "no seccomp profile",
    (graph) => {
      delete pod(graph).securityContext;
    },
    ["restricted-containers: api/api has no seccomp profile"],
  ],
  [
    "a store that writes to its root file system",
    (graph) => {
      const store = container(graph, "StatefulSet/redis");
      store.securityContext = { ...store.securityContext, readOnlyRootFilesystem: false };
    },
    [],
  ],
  [
    "no memory limit, in an init container too",
    (graph) => {
      pod(graph).initContainers = [{ ...container(graph), name: "init", resources: {} }];
      container(graph).resources = { requests: { cpu: "1", memory: "1Gi" } };
    },
    [
      "bounded-resources: api/init has no cpu request",
      "bounded-resources: api/init has no memory request",
      "bounded-resources: api/init has no memory limit",
      "bounded-resources: api/api has no memory limit",
    ],
  ],
  [
    "no probes",
    (graph) => {
      delete container(graph).livenessProbe;
      container(graph).readinessProbe = {};
    },
    ["probed: api/api has no livenessProbe", "probed: api/api has no readinessProbe"],
  ],
  [
    "two replicas without a budget",
    (graph) => {
      graph["PodDisruptionBudget/api"].spec.selector.matchLabels.app = "other";
    },
    ["disruption-budgets: api has 2 replicas and no PodDisruptionBudget"],
  ],
  [
    "a budget in another namespace",
    (graph) => {
      graph["PodDisruptionBudget/api"].metadata.namespace = "elsewhere";
    },
    ["disruption-budgets: api has 2 replicas and no PodDisruptionBudget"],
  ],
  [
    "pods that no policy selects",
    (graph) => {
      graph["NetworkPolicy/default-deny"].spec.podSelector = {
        matchExpressions: [{ key: "app", operator: "NotIn", values: ["redis"] }],
      };
    },
    [
      "network-policy-for-every-pod: redis no network policy restricts its ingress",
      "network-policy-for-every-pod: redis no network policy restricts its egress",
    ],
  ],
  [
    "policies for one direction",
    (graph) => {
      delete graph["NetworkPolicy/default-deny"].spec.policyTypes;
    },
    ["api", "redis", "provision"].map(
      (name) => `network-policy-for-every-pod: ${name} no network policy restricts its egress`,
    ),
  ],
  [
    "a store behind a LoadBalancer and an Ingress",
    (graph) => {
      graph["Service/redis"].spec.type = "LoadBalancer";
      graph["Ingress/public"].spec.defaultBackend = { service: { name: "redis", port: { number: 6379 } } };
    },
    [
      "no-public-stores: redis opens a store to the outside (type LoadBalancer)",
      "no-public-stores: public leads from the outside to the store behind redis",
    ],
  ],
  [
    "metrics behind a LoadBalancer",
    (graph) => {
      graph["Service/api"].spec = {
        type: "LoadBalancer",
        selector: { app: "api" },
        ports: [
          { name: "http", port: 80, targetPort: 9000 },
          { name: "other", port: 81, targetPort: 9464 },
        ],
      };
    },
    ["no-public-metrics: api publishes metrics on port 81"],
  ],
  [
    "metrics behind an Ingress",
    (graph) => {
      graph["Ingress/public"].spec.rules[0].http.paths[0].backend.service = {
        name: "api-metrics",
        port: { number: 9464 },
      };
    },
    ["no-public-metrics: public leads to the metrics port of api-metrics"],
  ],
  [
    "floating images",
    (graph) => {
      container(graph).image = "registry.example.org/api";
      container(graph, "StatefulSet/redis").image = "redis:latest";
      container(graph, "Job/provision").image = "registry:5000/job:main";
    },
    [
      "no-floating-tags: api/api registry.example.org/api: has no tag, which means latest",
      'no-floating-tags: redis/redis redis:latest: the tag "latest" moves with every release',
      'no-floating-tags: provision/job registry:5000/job:main: the tag "main" looks like a branch, which moves with every push',
    ],
  ],
  [
    "secrets outside of Secrets",
    (graph) => {
      container(graph).env = [
        { name: "MONGO_PASSWORD", value: "x" },
        { name: "DATABASE_URL", value: "postgres://api:s3cretS3cret@postgres/api" },
      ];
      container(graph).args = ["--login", "s3cretS3cret"];
      graph["ConfigMap/routes"].data["routes.json"] = '{"key":"s3cretS3cret"}';
    },
    [
      "secrets-only-as-secrets: api/api MONGO_PASSWORD is a secret in plain text",
      "secrets-only-as-secrets: api/api DATABASE_URL is a secret in plain text",
      "secrets-only-as-secrets: api/api args holds a secret, which every process list shows",
      "secrets-only-as-secrets: routes routes.json holds a secret",
    ],
  ],
])("%s", (_name, change, lines) => {
  test("is found, and nothing else", () => expect(broken(change)).toEqual(lines));
});

test("an autoscaler counts as replicas", () => {
  const graph = goodGraph().filter(({ type }) => !type.endsWith(":PodDisruptionBudget"));
  const api = graph.find(({ type }) => type.endsWith(":Deployment")) as GraphResource;
  delete (api.props.spec as { replicas?: number }).replicas;
  expect(brokenRules(graph)).toEqual([]);
  const scaler: GraphResource = {
    type: "kubernetes:autoscaling/v2:HorizontalPodAutoscaler",
    name: "api",
    props: {
      metadata: { namespace: "beat" },
      spec: { scaleTargetRef: { kind: "Deployment", name: "api" }, maxReplicas: 4 },
    },
  };
  expect(brokenRules([...graph, scaler])).toEqual([
    "disruption-budgets: api has 4 replicas and no PodDisruptionBudget (fix: add one that selects its pods, with maxUnavailable: 1)",
  ]);
});
