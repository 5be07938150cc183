import { bucketOf } from "../config/settings/backups.ts";
import { claimsInState } from "../infra/kubernetes/claims.ts";
import type { KubernetesPlatformArgs } from "../infra/kubernetes/deploy/kubernetes-platform.ts";
import { memberHostIn } from "../infra/kubernetes/deploy/names.ts";
import { namespaceOf } from "../infra/kubernetes/labels.ts";
import { backupSources } from "../infra/workloads/backup-sources.ts";

/**
 * The claims in a stack's namespace, where its state does not tell which of a renamed service's names its backups lie under: that
 * stack was taken down, and its backups stayed. Nothing where nobody needs to know.
 * @throws {Error} when the cluster does not answer: an empty claim would be made beside the backups.
 */
export async function claimsLeft({
  platform,
  settings,
  stack,
  state = [],
}: Pick<KubernetesPlatformArgs, "platform" | "settings" | "stack" | "state">): Promise<string[]> {
  if (bucketOf(settings) !== undefined) return [];
  const namespace = namespaceOf(platform, settings, stack);
  const known = new Set(claimsInState(state));
  const unknown = backupSources(platform, settings, memberHostIn(namespace)).filter(
    ({ claims }) => claims.length > 1 && !claims.some((name) => known.has(name)),
  );
  if (unknown.length === 0) return [];
  // Loaded here: most stacks do without.
  const { openCluster } = await import("../infra/kubernetes/operate/client.ts");
  const { core } = openCluster(settings.kubernetes);
  const { items } = await core.listNamespacedPersistentVolumeClaim({ namespace });
  return items.flatMap(({ metadata }) => metadata?.name ?? []);
}
