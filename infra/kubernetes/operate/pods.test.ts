import type { V1Pod } from "@kubernetes/client-node";
import { expect, test } from "vitest";
import { isReady, notReady, partOf, problemOf } from "./pods.ts";
import { stuckPods } from "./stuck-pods.ts";

const pod = (status: V1Pod["status"], metadata: V1Pod["metadata"] = {}): V1Pod => ({
  metadata: { name: "redis-0", ...metadata },
  spec: { containers: [{ name: "redis", image: "redis:8.0-alpine" }] },
  ...(status && { status }),
});
const ready = (status: "True" | "False") => ({ type: "Ready", status, lastTransitionTime: new Date(0) });
const container = (rest: object) => ({
  name: "redis",
  image: "redis:8.0-alpine",
  imageID: "",
  ready: false,
  restartCount: 0,
  ...rest,
});

test("a ready pod and a finished job are well; one that is being deleted is not", () => {
  expect(isReady(pod({ phase: "Running", conditions: [ready("True")] }))).toBe(true);
  expect(isReady(pod({ phase: "Succeeded" }))).toBe(true);
  expect(partOf(pod({ phase: "Succeeded" })).status).toBe("Completed");
  const leaving = pod({ phase: "Running", conditions: [ready("True")] }, { deletionTimestamp: new Date(0) });
  expect(isReady(leaving)).toBe(false);
});

test("a pod that a controller keeps up and that is down is unwell; one on its way out and a job's are not", () => {
  const owned = (kind: string, rest: V1Pod["metadata"] = {}) =>
    pod(
      { phase: "Running", conditions: [ready("False")] },
      {
        ...rest,
        name: `of-${kind}`,
        ownerReferences: [{ kind, name: "owner", uid: "1", apiVersion: "apps/v1" }],
      },
    );
  const pods = [
    owned("StatefulSet"),
    owned("ReplicaSet"),
    owned("Job"),
    owned("ReplicaSet", { deletionTimestamp: new Date(0) }),
    { ...owned("StatefulSet"), status: { conditions: [ready("True")] } },
    { ...owned("ReplicaSet"), status: { phase: "Failed", reason: "Evicted" } },
  ];
  expect(notReady(pods).map(({ metadata }) => metadata?.name)).toEqual(["of-StatefulSet", "of-ReplicaSet"]);
});

test.each([
  [
    "an image that cannot be pulled",
    {
      containerStatuses: [
        container({ state: { waiting: { reason: "ImagePullBackOff", message: "no such image" } } }),
      ],
    },
    { reason: "ImagePullBackOff", message: "no such image", container: "redis" },
  ],
  [
    "a container that ends again and again, with how it ended",
    {
      containerStatuses: [
        container({
          restartCount: 3,
          state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 40s" } },
          lastState: { terminated: { exitCode: 137, reason: "OOMKilled" } },
        }),
      ],
    },
    { reason: "CrashLoopBackOff", message: "OOMKilled, exit code 137; back-off 40s", container: "redis" },
  ],
  [
    "an init container before the others",
    {
      initContainerStatuses: [
        container({ name: "seed", state: { terminated: { exitCode: 1, reason: "Error" } } }),
      ],
      containerStatuses: [container({ state: { waiting: { reason: "PodInitializing" } } })],
    },
    { reason: "Error", message: "Error, exit code 1", container: "seed" },
  ],
  [
    "a pod that no node has room for",
    {
      conditions: [
        {
          type: "PodScheduled",
          status: "False",
          reason: "Unschedulable",
          message: "Insufficient cpu",
          lastTransitionTime: new Date(0),
        },
      ],
    },
    { reason: "Unschedulable", message: "Insufficient cpu" },
  ],
  [
    "a pod that runs and is not ready",
    {
      phase: "Running",
      conditions: [{ ...ready("False"), message: "containers with unready status: [redis]" }],
    },
    { reason: "NotReady", message: "containers with unready status: [redis]" },
  ],
])("says what is wrong with %s", (_what, status, expected) => {
  expect(problemOf(pod(status as V1Pod["status"]))).toEqual(expected);
  expect(partOf(pod(status as V1Pod["status"])).ok).toBe(false);
});

test("only a pod of an earlier template that cannot start is stuck", () => {
  const set = {
    metadata: { uid: "set", generation: 2 },
    status: { replicas: 1, observedGeneration: 2, updateRevision: "redis-2" },
  };
  const member = (revision: string, reason: string) =>
    pod(
      { containerStatuses: [container({ state: { waiting: { reason } } })] },
      {
        labels: { "controller-revision-hash": revision },
        ownerReferences: [{ apiVersion: "apps/v1", kind: "StatefulSet", name: "redis", uid: "set" }],
      },
    );
  const stuck = member("redis-1", "ImagePullBackOff");
  const others = [member("redis-2", "ImagePullBackOff"), member("redis-1", "ContainerCreating")];
  expect(stuckPods([set], [stuck, ...others])).toEqual([stuck]);
  // The controller has not seen the new template yet: which one is present is not known.
  expect(stuckPods([{ ...set, metadata: { uid: "set", generation: 3 } }], [stuck])).toEqual([]);
  expect(stuckPods([], [stuck])).toEqual([]);
});
