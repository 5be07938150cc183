import { reportOf } from "../../operate/backups.ts";
import type { PartState } from "../../operate/parts.ts";
import { DeploymentError } from "../../operate/parts.ts";
import type { BackupSource } from "../../workloads/backup-sources.ts";
import { type Cluster, ifFound, reasonOf } from "./client.ts";
import { nameOf, podsOf } from "./pods.ts";

/**
 * Lets the volumes of backups outlive their claims, which go with the namespace: their reclaim policy becomes Retain. Source:
 * Kubernetes, "Change the Reclaim Policy of a PersistentVolume".
 * @returns the names of the volumes.
 * @throws {DeploymentError} when one cannot be kept; nothing is deleted then.
 */
export async function keepBackups(
  { core }: Cluster,
  namespace: string,
  saved: readonly BackupSource[],
): Promise<string[]> {
  const kept: string[] = [];
  for (const name of new Set(saved.map(({ claim }) => claim))) {
    const claim = await ifFound(core.readNamespacedPersistentVolumeClaim({ name, namespace }));
    const volume = claim?.spec?.volumeName;
    if (volume === undefined || volume === "") continue;
    try {
      await core.patchPersistentVolume({
        name: volume,
        body: [{ op: "replace", path: "/spec/persistentVolumeReclaimPolicy", value: "Retain" }],
      });
    } catch (error) {
      throw new DeploymentError(
        `the backups in claim ${name} would go with namespace ${namespace}, and volume ${volume} cannot be kept (${reasonOf(error)}): the namespace was left alone. Copy them elsewhere, then kubectl delete namespace ${namespace}`,
      );
    }
    kept.push(volume);
  }
  return kept;
}

/** What the last backups and drills came to, as the logs of the newest jobs tell. */
export async function backupReports(
  cluster: Cluster,
  namespace: string,
  saved: readonly BackupSource[],
): Promise<PartState[]> {
  if (saved.length === 0) return [];
  const { items } = await cluster.batch.listNamespacedJob({ namespace });
  const pods = await podsOf(cluster, namespace);
  const parts: PartState[] = [];
  for (const { store, job, component } of saved) {
    const newest = items
      .filter(({ metadata, status }) => {
        const own = metadata?.ownerReferences?.some(({ kind, name }) => kind === "CronJob" && name === job);
        // Those of the schedule, and of `./beat backup`: not of lists, drills and restores.
        const saves = new RegExp(`^${job}-(\\d+|now-\\w+)$`).test(metadata?.name ?? "");
        return own && saves && status?.conditions?.some(({ status: is }) => is === "True");
      })
      .sort((a, b) => Number(a.metadata?.creationTimestamp) - Number(b.metadata?.creationTimestamp))
      .at(-1);
    if (newest === undefined) {
      parts.push({ name: `backup of ${store}`, ok: true, status: "no backup yet", image: "" });
      continue;
    }
    const complete = newest.status?.conditions?.some(
      ({ type, status }) => type === "Complete" && status === "True",
    );
    const logs: string[] = [];
    for (const pod of pods)
      if (pod.metadata?.labels?.["batch.kubernetes.io/job-name"] === newest.metadata?.name)
        logs.push(
          await cluster.core
            .readNamespacedPodLog({ name: nameOf(pod), namespace, container: component })
            .catch(() => ""),
        );
    const { ok, text } = reportOf(logs.join("\n"));
    parts.push({
      name: `backup of ${store}`,
      ok: ok && complete === true,
      status: complete ? text : `job ${newest.metadata?.name} FAILED, ${text}`,
      image: "",
    });
  }
  return parts;
}
