import { expect, test } from "vitest";
import { type PlannedStep, risksOf } from "./risks.ts";

const step = (op: string, type: string, name: string, more: Partial<PlannedStep> = {}): PlannedStep => ({
  op,
  urn: `urn:pulumi:prod::beat-ecoprove::${type}::${name}`,
  type,
  ...more,
});
const container = "docker:index/container:Container";
const set = "kubernetes:apps/v1:StatefulSet";
const claim = "kubernetes:core/v1:PersistentVolumeClaim";

test("every deletion, replacement and restart of something with data is named", () => {
  expect(
    risksOf([
      step("delete", "docker:index/volume:Volume", "redis-data"),
      step("replace", claim, "data-postgres-0"),
      step("delete", claim, "data-mongo-1", { retained: true }),
      step("replace", "kubernetes:core/v1:Namespace", "namespace"),
      step("replace", container, "kafka-b"),
      step("delete", set, "mongo"),
      step("update", set, "postgres", { diffs: ["spec"] }),
      // Its host has another name.
      step("replace", set, "kafka"),
    ]),
  ).toEqual([
    "volume redis-data is DELETED with its data",
    "claim data-postgres-0 is REPLACED by an empty one",
    "claim data-mongo-1 leaves the stack; its data stays",
    "namespace namespace is REPLACED by an empty one",
    "container kafka-b is replaced: it restarts, on the volumes it has",
    "stateful set mongo is deleted",
    "stateful set postgres is changed: its pods restart",
    "stateful set kafka is replaced: it restarts, on the volumes it has",
  ]);
});

test("what has no data, is made, or only gets another label is none", () => {
  expect(
    risksOf([
      step("replace", container, "auth-service"),
      step("create", "docker:index/volume:Volume", "redis-data"),
      step("create", set, "mongo"),
      step("update", set, "mongo", { diffs: ["metadata"] }),
      step("same", container, "postgres"),
      step("delete", "kubernetes:core/v1:ConfigMap", "postgres"),
    ]),
  ).toEqual([]);
});
