import type { AppsV1Api } from "@kubernetes/client-node";
import { expect, test } from "vitest";
import { unfinished, unfinishedRollouts } from "./rollouts.ts";

const done = {
  metadata: { name: "notes", generation: 3 },
  spec: { replicas: 2 },
  status: { observedGeneration: 3, replicas: 2, updatedReplicas: 2, availableReplicas: 2 },
};
const differing = (status: object) => ({ ...done, status: { ...done.status, ...status } });

test.each([
  ["all its pods are there, as described", done, undefined],
  [
    "nobody has looked at the change",
    differing({ observedGeneration: 2 }),
    "its change has not been looked at yet",
  ],
  [
    "its old pods are gone and no new one is there",
    differing({ replicas: 0, updatedReplicas: 0 }),
    "0 of 2 pods",
  ],
  ["an old pod is still there", differing({ replicas: 3 }), "1 pods are from before"],
  ["a pod does not serve yet", differing({ availableReplicas: 1 }), "1 of 2 pods are available"],
  ["it is new", { metadata: { name: "notes", generation: 1 } }, "its change has not been looked at yet"],
  ["it shall have none", { ...done, spec: { replicas: 0 }, status: { observedGeneration: 3 } }, undefined],
])("%s", (_case, rolled, words) => {
  const told = unfinished(rolled);
  if (words === undefined) expect(told).toBeUndefined();
  else expect(told).toContain(words);
});

test("what is still being rolled is told by kind and name, and nothing else", async () => {
  const apps = {
    listNamespacedDeployment: async () => ({ items: [done, differing({ replicas: 0, updatedReplicas: 0 })] }),
    listNamespacedStatefulSet: async () => ({ items: [differing({ availableReplicas: 0 }), done] }),
  } as unknown as AppsV1Api;
  expect(await unfinishedRollouts({ apps }, "n")).toEqual([
    "deployment notes: 0 of 2 pods are as last described",
    "statefulset notes: 0 of 2 pods are available",
  ]);
});
