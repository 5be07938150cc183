import { expect, test } from "vitest";
import { exposedGraph, type Json, objects } from "./kubernetes-graph.ts";

const graph = await exposedGraph();

test("every pod template is selected by its own controller, and the two agree on the component", () => {
  for (const kind of ["Deployment", "StatefulSet"])
    for (const [, { spec }] of objects(graph, kind))
      expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels);
});

test("what has no volume leaves a lost node soon; what has one goes where its volume can follow", () => {
  const templates = [...objects(graph, "Deployment"), ...objects(graph, "StatefulSet")].map(
    ([name, { spec }]): [string, Json] => [name, spec.template.spec],
  );
  const hasClaim = ([name, { volumes = [] }]: [string, Json]): boolean =>
    objects(graph, "StatefulSet").has(name) ||
    volumes.some((volume: Json) => volume.persistentVolumeClaim !== undefined);
  const leaves = ([, { tolerations = [] }]: [string, Json]): boolean =>
    tolerations.some(
      (one: Json) => one.key === "node.kubernetes.io/unreachable" && one.tolerationSeconds < 60,
    );
  expect(templates.filter(leaves).map(([name]) => name)).toEqual(
    templates.filter((one) => !hasClaim(one)).map(([name]) => name),
  );
  expect(templates.filter(leaves)).toHaveLength(3);
  // A required affinity to itself keeps a pod that left a closed node from every other one.
  for (const [, { affinity }] of templates)
    expect(JSON.stringify(affinity ?? {})).not.toContain("requiredDuringScheduling");
});

test("replicas are spread, and of a rolling update the new ones alone", () => {
  const spread = (kind: string, name: string): Json[] =>
    objects(graph, kind).get(name).spec.template.spec.topologySpreadConstraints;
  for (const constraint of spread("Deployment", "gateway"))
    expect(constraint).toMatchObject({ maxSkew: 1, matchLabelKeys: ["pod-template-hash"] });
  for (const store of ["kafka", "mongo"])
    expect(spread("StatefulSet", store).map(({ topologyKey }) => topologyKey)).toEqual([
      "kubernetes.io/hostname",
      "topology.kubernetes.io/zone",
    ]);
});

test("no container can fill its node's disk, and none asks for more of it than it may have", () => {
  const kinds = ["Deployment", "StatefulSet", "Job", "CronJob"];
  const pods = kinds.flatMap((kind) =>
    [...objects(graph, kind).values()].map(({ spec }) => (spec.jobTemplate?.spec ?? spec).template.spec),
  );
  const containers: Json[] = pods.flatMap(({ initContainers = [], containers }) => [
    ...initContainers,
    ...containers,
  ]);
  expect(containers.length).toBeGreaterThan(12);
  for (const { name, resources } of containers)
    expect([name, resources]).toEqual([
      name,
      {
        requests: expect.objectContaining({ "ephemeral-storage": "64Mi" }),
        limits: expect.objectContaining({ "ephemeral-storage": "2Gi" }),
      },
    ]);
});

test("what needs no user of its image's has one that no node has", () => {
  for (const [kind, name] of [
    ["Deployment", "gateway"],
    ["Job", "provision-postgres"],
  ] as const)
    expect(objects(graph, kind).get(name).spec.template.spec.securityContext.runAsUser).toBe(10001);
});

test("a pod that is not ready keeps no node from being drained, and a missed backup is made up for", () => {
  const budgets = [...objects(graph, "PodDisruptionBudget").values()];
  expect(budgets.length).toBeGreaterThan(2);
  for (const { spec } of budgets)
    expect(spec).toMatchObject({ maxUnavailable: 1, unhealthyPodEvictionPolicy: "AlwaysAllow" });
  for (const { spec } of objects(graph, "CronJob").values())
    expect(spec.startingDeadlineSeconds).toBeGreaterThan(3600);
});

test("Postgres has memory to share, and an hour to recover in which nobody kills it", () => {
  const { template } = objects(graph, "StatefulSet").get("postgres").spec;
  const [{ startupProbe, livenessProbe, volumeMounts }] = template.spec.containers;
  expect(volumeMounts).toContainEqual({ name: "shm", mountPath: "/dev/shm" });
  expect(template.spec.volumes).toContainEqual({
    name: "shm",
    emptyDir: { medium: "Memory", sizeLimit: "256Mi" },
  });
  expect(startupProbe.periodSeconds * startupProbe.failureThreshold).toBeGreaterThanOrEqual(3600);
  expect(livenessProbe.exec.command.at(-1)).toMatch(/pg_isready .*; test \$\? -le 1$/);
});
