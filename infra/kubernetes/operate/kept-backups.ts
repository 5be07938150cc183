import { DeploymentError } from "../../operate/parts.ts";
import type { BackupSource } from "../../workloads/backup-sources.ts";
import { type Cluster, ifFound, reasonOf } from "./client.ts";

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
