import { DeploymentError } from "../../operate/parts.ts";
import { type Cluster, type ClusterPlace, ifFound, statusCode } from "./client.ts";
import { keepBackups } from "./kept-backups.ts";

/** How long a namespace may take to go, milliseconds: its pods end in their own time. */
const deletionPatience = 300_000;
const instanceLabel = "app.kubernetes.io/instance";

/** A stack's namespace once everything of the stack is gone. */
export interface Remains extends ClusterPlace {
  /** What it is labelled with, if it is the stack's. */
  readonly instance: string;
}

/** Whether there is such a namespace, and it is the stack's; not where nobody may look. */
export async function isStacks({ cluster, namespace, instance }: Remains): Promise<boolean> {
  try {
    const found = await ifFound(cluster.core.readNamespace({ name: namespace }));
    return found?.metadata?.labels?.[instanceLabel] === instance;
  } catch (error) {
    if (statusCode(error) === 403) return false;
    throw error;
  }
}

/**
 * Deletes a namespace with its claims, and the volumes as their StorageClass reclaims them; those of backups stay.
 * @returns what is to be told.
 * @throws {DeploymentError} when it is not the stack's, or backups cannot be kept.
 */
export async function removeNamespace({ cluster, namespace, instance }: Remains): Promise<string[]> {
  const found = await ifFound(cluster.core.readNamespace({ name: namespace }));
  if (found === undefined) return [];
  if (found.metadata?.labels?.[instanceLabel] !== instance)
    throw new DeploymentError(
      `namespace ${namespace} is not labelled ${instanceLabel}=${instance}, so it was left alone`,
    );
  const kept = await keepBackups(cluster, namespace);
  await deleted(cluster, namespace);
  return [`  ✔ namespace ${namespace} and its claims deleted`, ...keptLines(kept)];
}

/** As {@link removeNamespace}, but only where no claim is left in it. */
export async function removeEmptyNamespace(remains: Remains): Promise<string[]> {
  const { cluster, namespace, instance } = remains;
  const found = await ifFound(cluster.core.readNamespace({ name: namespace }));
  if (found?.metadata?.labels?.[instanceLabel] !== instance) return [];
  const { items } = await cluster.core.listNamespacedPersistentVolumeClaim({ namespace });
  const claims = items.flatMap(({ metadata }) => metadata?.name ?? []);
  if (claims.length > 0) return [`  ! namespace ${namespace} stays, with the claims ${claims.join(", ")}`];
  await deleted(cluster, namespace);
  return [`  ✔ namespace ${namespace} deleted`];
}

/** What is told of volumes that outlive their claims. */
export const keptLines = (volumes: readonly string[]): string[] =>
  volumes.map(
    (volume) =>
      `  ! its backups are kept in volume ${volume}; kubectl delete pv ${volume} lets them go: docs/backups.md`,
  );

async function deleted({ core }: Cluster, name: string): Promise<void> {
  await core.deleteNamespace({ name });
  const deadline = Date.now() + deletionPatience;
  while ((await ifFound(core.readNamespace({ name }))) !== undefined) {
    if (Date.now() > deadline)
      throw new DeploymentError(
        `namespace ${name} is still being deleted; see kubectl describe namespace ${name}`,
      );
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}
