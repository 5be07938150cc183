import type { V1Pod } from "@kubernetes/client-node";
import { expect, test } from "vitest";
import type { Cluster } from "./client.ts";
import { crowdedStores, openNodes } from "./placement.ts";

const member = (name: string, nodeName: string, kind = "StatefulSet"): V1Pod => ({
  metadata: {
    name,
    ownerReferences: [{ apiVersion: "apps/v1", kind, name: name.replace(/-\d+$/, ""), uid: name }],
  },
  spec: { nodeName, containers: [] },
});
const kafka = (...nodes: string[]) => nodes.map((node, index) => member(`kafka-${index}`, node));

test("members that share a node while another has none are named, with what moves one", () => {
  expect(crowdedStores([...kafka("a", "b", "a"), member("redis-0", "a")], ["a", "b", "c"])).toEqual([
    "kafka-0 and kafka-2 share node a, and c has no member of kafka: one node takes 2 of them with it; " +
      "fix: kubectl delete pod kafka-2, which stays if its volume belongs to the node",
  ]);
});

test.each<[string, V1Pod[], string[]]>([
  ["one node", kafka("a", "a", "a"), ["a"]],
  ["a node each", kafka("a", "b", "c"), ["a", "b", "c", "d"]],
  ["no better place", kafka("a", "b", "a"), ["a", "b"]],
  ["nodes that nobody may ask for", kafka("a", "a", "b"), []],
  [
    "replicas, which may share",
    [member("auth-1", "a", "ReplicaSet"), member("auth-2", "a", "ReplicaSet")],
    ["b"],
  ],
])("nothing is said of %s", (_, pods, nodes) => {
  expect(crowdedStores(pods, nodes)).toEqual([]);
});

test("nodes that are cordoned or kept for others are no place for a member", async () => {
  const node = (name: string, effect?: string) => ({
    metadata: { name },
    spec: { ...(effect && { taints: [{ key: "k", effect }] }) },
  });
  const items = [node("a"), node("b", "NoSchedule"), node("c", "PreferNoSchedule"), node("d", "NoExecute")];
  const clusterOf = (listNode: () => Promise<unknown>) => ({ core: { listNode } }) as unknown as Cluster;
  expect(await openNodes(clusterOf(async () => ({ items })))).toEqual(["a", "c"]);
  expect(await openNodes(clusterOf(() => Promise.reject(new Error("forbidden"))))).toEqual([]);
});
