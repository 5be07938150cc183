import { expect, test } from "vitest";
import type { Members, Workload } from "../../core/workload.ts";
import { missingParts } from "./parts.ts";
import type { StackState } from "./stack-state.ts";

const workload = (name: string, members: Members, host = name) => ({ name, host, members }) as Workload;
const down: StackState = { resources: [], pending: [] };
const has = (type: string, name: string, inputs: object = {}): StackState => ({
  resources: [{ urn: `urn:pulumi:p::beat::${type}::${name}`, type, inputs: { ...inputs } }],
  pending: [],
});
const wanted = [
  workload("postgres-set", { stateful: 3 }, "postgres"),
  workload("notes", { replicas: 2, autoscale: { min: 1, max: 4, cpuPercent: 70 } }),
  workload("idle", { replicas: 0 }),
  workload("provision-postgres", { job: true }),
];
const told = (present: readonly string[], state: StackState) =>
  missingParts({ wanted, present, state, mend: "MEND" }).map(({ name, status }) => `${name} ${status}`);

test("a Deployment without a pod, and a set with too few, are told; what may be none or has ended is not", () => {
  const up = has("kubernetes:apps/v1:StatefulSet", "postgres-set");
  expect(told(["postgres", "postgres", "postgres", "notes"], up)).toEqual([]);
  expect(told(["postgres"], up)).toEqual([
    "postgres-set 1 of 3 are there; fix: MEND",
    "notes is not there; fix: MEND",
  ]);
  expect(told([], up)).toEqual(["postgres-set is not there; fix: MEND", "notes is not there; fix: MEND"]);
});

test("what only the state has is told, unless it was to have no pod", () => {
  const all = ["postgres", "postgres", "postgres", "notes"];
  expect(told(all, has("kubernetes:apps/v1:Deployment", "former"))).toEqual([
    "former is not there; fix: MEND",
  ]);
  expect(told(all, has("kubernetes:apps/v1:Deployment", "former", { spec: { replicas: 0 } }))).toEqual([]);
});

test("a stack that is down misses nothing, though its volumes stay; one that was cut off does", () => {
  expect(told([], down)).toEqual([]);
  expect(told([], has("kubernetes:core/v1:PersistentVolumeClaim", "data"))).toEqual([]);
  expect(told([], { resources: [], pending: ["creating a"] })).toHaveLength(2);
});
