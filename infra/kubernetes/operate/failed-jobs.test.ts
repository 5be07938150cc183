import { expect, test, vi } from "vitest";
import { componentLabel } from "../labels.ts";
import type { Cluster } from "./client.ts";
import { removeFailedJobs } from "./failed-jobs.ts";

const job = (name: string, component: string, condition: string) => ({
  metadata: { name, uid: `uid-${name}`, labels: { [componentLabel]: component } },
  status: { conditions: [{ type: condition, status: "True" }] },
});

test("failed provisioning jobs go, so that they are run again; others stay", async () => {
  const deleteNamespacedJob = vi.fn(async () => ({}));
  const items = [
    job("provision-postgres-1", "provision-postgres", "Failed"),
    job("provision-mongo-1", "provision-mongo", "Complete"),
    job("backup-mongo-now", "backup-mongo", "Failed"),
  ];
  const said: string[] = [];
  const cluster = { batch: { listNamespacedJob: async () => ({ items }), deleteNamespacedJob } };
  await removeFailedJobs(cluster as unknown as Cluster, "beat", (line) => said.push(line));
  expect(deleteNamespacedJob.mock.calls).toEqual([
    [
      {
        name: "provision-postgres-1",
        namespace: "beat",
        propagationPolicy: "Background",
        body: { preconditions: { uid: "uid-provision-postgres-1" } },
      },
    ],
  ]);
  expect(said).toEqual(["  ✔ job provision-postgres-1, which had failed, deleted"]);
});
