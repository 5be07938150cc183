import { provisionerOf, retireOf } from "../../../core/names.ts";
import { provisionedKinds } from "../../../stores/index.ts";
import { componentLabel } from "../labels.ts";
import type { Cluster } from "./client.ts";

/**
 * Deletes provisioning jobs that have failed, so that the next deployment runs them again: what was wrong may have been
 * put right in the store, where Pulumi sees no change.
 */
export async function removeFailedJobs(
  { batch }: Cluster,
  namespace: string,
  say: (line: string) => void,
): Promise<void> {
  const provisioners = new Set(provisionedKinds.flatMap((kind) => [provisionerOf(kind), retireOf(kind)]));
  const { items } = await batch.listNamespacedJob({ namespace });
  for (const { metadata, status } of items) {
    const failed = status?.conditions?.some(
      (condition) => condition.type === "Failed" && condition.status === "True",
    );
    const { name = "", uid, labels } = metadata ?? {};
    if (!failed || !provisioners.has(labels?.[componentLabel] ?? "")) continue;
    await batch.deleteNamespacedJob({
      name,
      namespace,
      propagationPolicy: "Background",
      body: { ...(uid !== undefined && { preconditions: { uid } }) },
    });
    say(`  ✔ job ${name}, which had failed, deleted`);
  }
}
