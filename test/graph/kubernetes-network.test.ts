import { describe, expect, test } from "vitest";
import { exposedGraph, type Json, objects, platform } from "./kubernetes-graph.ts";

const graph = await exposedGraph();

describe("network", () => {
  const policies = objects(graph, "NetworkPolicy");
  const component = (selector: Json): string => selector?.matchLabels?.["app.kubernetes.io/component"];
  const allowed = (direction: "ingress" | "egress"): Set<string> => {
    const found = new Set<string>();
    for (const [name, { spec }] of policies) {
      if (name === "dns" || name === "default-deny") continue;
      for (const rule of spec[direction] ?? [])
        for (const peer of (direction === "ingress" ? rule.from : rule.to) ?? [])
          for (const { port } of rule.ports) {
            const self = component(spec.podSelector);
            const other = component(peer.podSelector) ?? JSON.stringify(peer.namespaceSelector?.matchLabels);
            found.add(direction === "ingress" ? `${other} > ${self}:${port}` : `${self} > ${other}:${port}`);
          }
    }
    return found;
  };

  // Derived from the definition here, without the code that the target uses.
  const expected = new Set<string>();
  const stores = { postgres: "postgres", mongo: "mongo", redis: "redis", kafka: "kafka-b" } as const;
  const kinds = Object.keys(stores) as (keyof typeof stores)[];
  for (const { name, needs, port } of Object.values(platform.services)) {
    expected.add(`gateway > ${name}:${port}`);
    for (const kind of kinds)
      if (needs[kind]) expected.add(`${name} > ${stores[kind]}:${platform.stores[kind]?.port}`);
    for (const callee of needs.calls) expected.add(`${name} > ${callee}:${platform.services[callee]?.port}`);
  }
  for (const kind of ["postgres", "mongo", "kafka"] as const)
    expected.add(`provision-${kind} > ${stores[kind]}:${platform.stores[kind]?.port}`);
  for (const kind of ["postgres", "mongo"] as const)
    expected.add(`backup > ${stores[kind]}:${platform.stores[kind]?.port}`);
  for (const port of [9092, 9093]) expected.add(`kafka-b > kafka-b:${port}`);
  expected.add("mongo > mongo:27017");

  test("nothing is allowed both ways but the edges of the definition and what is exposed", () => {
    const outside = new Set([
      '{"kubernetes.io/metadata.name":"ingress-nginx"} > gateway:9000',
      ...["gateway:9464", "auth-service:9465", "messaging-service:9465"].map(
        (port) => `{"kubernetes.io/metadata.name":"monitoring"} > ${port}`,
      ),
    ]);
    expect([...allowed("egress")].sort()).toEqual([...expected].sort());
    expect([...allowed("ingress")].sort()).toEqual([...expected, ...outside].sort());
  });

  test("everything else is denied, DNS apart", () => {
    expect(policies.get("default-deny").spec).toEqual({
      podSelector: {},
      policyTypes: ["Ingress", "Egress"],
    });
    expect(policies.get("dns").spec.egress[0].ports.map(({ port }: Json) => port)).toEqual([53, 53]);
  });
});
