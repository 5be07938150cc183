import type { V1PersistentVolumeClaim } from "@kubernetes/client-node";
import { DeploymentError } from "../../operate/parts.ts";
import { holdsBackups } from "../../workloads/backup-sources.ts";
import { type Cluster, reasonOf } from "./client.ts";

/**
 * Lets the volumes of backups outlive their claims, which go with the namespace: their reclaim policy becomes Retain. It asks the
 * cluster which those are: settings that have changed since, or a service that is gone, have claims there all the same. Source:
 * Kubernetes, "Change the Reclaim Policy of a PersistentVolume".
 * @returns the names of the volumes.
 * @throws {DeploymentError} when one cannot be kept; nothing is deleted then.
 */
export async function keepBackups({ core }: Cluster, namespace: string): Promise<string[]> {
  const kept: string[] = [];
  for (const { metadata, spec } of await claimsOf(core, namespace)) {
    const name = metadata?.name ?? "";
    const volume = spec?.volumeName;
    if (!holdsBackups(name) || volume === undefined || volume === "") continue;
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

/** @throws {DeploymentError} when they cannot be known: backups may be among them. */
async function claimsOf(core: Cluster["core"], namespace: string): Promise<V1PersistentVolumeClaim[]> {
  try {
    return (await core.listNamespacedPersistentVolumeClaim({ namespace })).items;
  } catch (error) {
    throw new DeploymentError(
      `the claims in namespace ${namespace} cannot be listed (${reasonOf(error)}), and backups may be among them: the namespace was left alone. Once they are copied elsewhere: kubectl delete namespace ${namespace}`,
    );
  }
}
