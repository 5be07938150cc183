import { ApiException, type V1Job } from "@kubernetes/client-node";
import { expect, test } from "vitest";
import { InputError } from "../../../core/problems.ts";
import { restoresAnnotation, stepsAnnotation } from "../labels.ts";
import type { Cluster } from "./client.ts";
import { requireNoOther, restoringIn } from "./other-jobs.ts";

const job = (name: string, annotations: Record<string, string>, end?: string): V1Job => ({
  metadata: {
    name,
    annotations,
    creationTimestamp: new Date("2026-11-28T09:00:00Z"),
    ownerReferences: [{ apiVersion: "batch/v1", kind: "CronJob", name: "backup-mongo", uid: "1" }],
  },
  status: end === undefined ? {} : { conditions: [{ type: end, status: "True" }] },
});
const restoring = (database: string, end?: string): V1Job =>
  job(`backup-mongo-restore-${database}`, { [restoresAnnotation]: `mongo/${database}` }, end);
const refusal = async (items: readonly V1Job[], whole: boolean, from = "backup-mongo") => {
  const cluster = { batch: { listNamespacedJob: async () => ({ items }) } } as unknown as Cluster;
  try {
    await requireNoOther(cluster, { namespace: "beat", from, restores: "mongo/core", whole });
    return undefined;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.problems[0];
  }
};

test("a second restore of the same database is refused, with the job and what ends it", async () => {
  const told = {
    path: "job backup-mongo-restore-core",
    message: "a restore of mongo/core is under way since 2026-11-28T09:00:00Z",
    fix: "wait until it has ended: ./beat status; or end it: kubectl delete job backup-mongo-restore-core --namespace beat",
  };
  for (const whole of [true, false]) {
    expect(await refusal([restoring("core")], whole)).toEqual(told);
    expect(
      await refusal([restoring("core", "Complete"), restoring("core", "Failed")], whole),
    ).toBeUndefined();
    expect(await refusal([restoring("core")], whole, "backup-postgres")).toBeUndefined();
  }
});

test("where pods share no lock whatever else is at work on the store refuses it; a list does not", async () => {
  const night = job("backup-mongo-29400000", {});
  const list = job("backup-mongo-list-1", { [stepsAnnotation]: "upload" });
  expect(await refusal([night, restoring("notes")], false)).toBeUndefined();
  expect(await refusal([list], true)).toBeUndefined();
  expect((await refusal([list, night], true))?.message).toMatch(/^a backup or a drill is under way/);
  expect((await refusal([restoring("notes")], true))?.message).toMatch(
    /^a restore of mongo\/notes is under way/,
  );
});

test("the restores that are under way are known with what ends them", async () => {
  const items = [restoring("core"), restoring("notes", "Complete"), job("backup-mongo-29400000", {})];
  const cluster = { batch: { listNamespacedJob: async () => ({ items }) } } as unknown as Cluster;
  expect(await restoringIn(cluster, "beat")).toEqual([
    { of: "mongo/core", end: "kubectl delete job backup-mongo-restore-core --namespace beat" },
  ]);
  const listNamespacedJob = () => Promise.reject(new ApiException(403, "", "{}", {}));
  expect(await restoringIn({ batch: { listNamespacedJob } } as unknown as Cluster, "beat")).toEqual([]);
});
