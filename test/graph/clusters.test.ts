import { expect, test } from "vitest";
import { graphOf, type Json, objects } from "./kubernetes-graph.ts";

const graph = await graphOf();

test("address families are the cluster's own, and both are listened at", () => {
  for (const [, { spec }] of objects(graph, "Service")) {
    expect(spec).not.toHaveProperty("ipFamilies");
    expect(spec).not.toHaveProperty("ipFamilyPolicy");
  }
  const [gateway] = objects(graph, "Deployment").get("gateway").spec.template.spec.containers;
  expect(gateway.env).toContainEqual({ name: "PROXY_HOST", value: "::" });
  const told = (store: string): string =>
    JSON.stringify(objects(graph, "StatefulSet").get(store).spec.template.spec.containers[0]);
  expect(told("mongo")).toContain("--ipv6 --bind_ip_all");
  expect(told("kafka")).toContain("PLAINTEXT://:9092,CONTROLLER://:9093");
  for (const store of ["redis", "postgres", "kafka"]) expect(told(store)).not.toContain("0.0.0.0");
});

test("a service whose volume one node mounts goes before it comes again", () => {
  const strategies = [...objects(graph, "Deployment")].map(([name, { spec }]) => [name, spec.strategy]);
  const rolled = { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
  expect(Object.fromEntries(strategies)).toEqual({
    "auth-service": rolled,
    // Its successor could wait for the volume on another node for ever.
    "core-service": { type: "Recreate" },
    gateway: rolled,
    "messaging-service": rolled,
  });
  for (const [, { spec }] of objects(graph, "PersistentVolumeClaim"))
    expect(spec.accessModes).toEqual(["ReadWriteOnce"]);
});

test("no pod is told of Services by variables, of which nobody here asks", () => {
  const templates = ["Deployment", "StatefulSet", "Job"].flatMap((kind) =>
    [...objects(graph, kind).values()].map(({ spec }) => spec.template),
  );
  const crons = [...objects(graph, "CronJob").values()].map(({ spec }) => spec.jobTemplate.spec.template);
  const all: Json[] = [...templates, ...crons];
  expect(all.length).toBeGreaterThan(10);
  for (const { spec } of all) expect(spec.enableServiceLinks).toBe(false);
});

test("no Secret is declared with nothing in it: the API server leaves that out, and each run would make it anew", () => {
  const secrets = [...objects(graph, "Secret")];
  expect(secrets.length).toBeGreaterThan(3);
  for (const [name, { stringData }] of secrets)
    expect(Object.keys(stringData).length, name).toBeGreaterThan(0);
});
