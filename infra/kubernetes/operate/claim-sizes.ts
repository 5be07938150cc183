import type { V1PersistentVolumeClaim } from "@kubernetes/client-node";
import type { PlatformModel } from "../../../config/define/model.ts";
import { backupsOf } from "../../../config/settings/backups.ts";
import type { KubernetesSettings } from "../../../config/settings/schema.ts";
import type { Problem } from "../../../core/problems.ts";
import { storeHosts, storeKinds } from "../../../stores/index.ts";
import { type Check, failed, passed } from "../../operate/check.ts";
import { backupSources } from "../../workloads/backup-sources.ts";
import { workloadsOf } from "../../workloads/plan.ts";
import type { Transform } from "../../workloads/transform.ts";
import { claimsOf } from "../claims.ts";
import { memberHostIn } from "../deploy/names.ts";
import type { ClusterPlace } from "./client.ts";

/** A claim that the settings ask for, and the setting that says how large. */
export interface SizedClaim {
  readonly name: string;
  /** What else it may be called: the first of all these that is there is it. */
  readonly others?: readonly string[];
  /** A quantity such as `20Gi`. */
  readonly size: string;
  readonly setting: string;
}

/** Every claim of a stack's. */
export function sizedClaims(
  platform: PlatformModel,
  settings: KubernetesSettings,
  namespace: string,
  transform?: Transform,
): SizedClaim[] {
  const memberHost = memberHostIn(namespace);
  const workloads = workloadsOf(
    platform,
    { kind: "cluster", settings, id: namespace, memberHost },
    transform,
  );
  const plan = backupsOf(settings);
  const backups =
    plan === undefined || plan.bucket !== undefined ? [] : backupSources(platform, settings, memberHost);
  return [
    ...workloads.flatMap((workload) =>
      claimsOf(workload).map(({ name, size }) => ({ name, size, setting: settingOf(workload.host) })),
    ),
    ...[...new Map(backups.map(({ claims }) => [claims[0], claims])).values()].map(
      ([name = "", ...others]) => ({
        name,
        ...(others.length > 0 && { others }),
        size: plan?.volumeSize ?? "",
        setting: "platform:backups.to.volume.size",
      }),
    ),
  ];
}

function settingOf(host: string): string {
  const kind = storeKinds.find((known) => storeHosts[known] === host);
  return kind === undefined ? "platform:kubernetes.uploads.size" : `platform:kubernetes.${kind}.volume.size`;
}

/**
 * Whether every volume that is there can become as large as the settings say. The API server refuses another size only when
 * the run has reached the claim. Source: Kubernetes, "Persistent Volumes", Expanding Persistent Volumes Claims.
 */
export async function checkClaimSizes(
  { cluster, namespace }: ClusterPlace,
  stack: string,
  wanted: readonly SizedClaim[],
): Promise<Check> {
  const { items } = await cluster.core.listNamespacedPersistentVolumeClaim({ namespace });
  const growing = new Set(
    (await cluster.storage.listStorageClass()).items
      .filter(({ allowVolumeExpansion }) => allowVolumeExpansion === true)
      .map(({ metadata }) => metadata?.name),
  );
  for (const claim of wanted) {
    const found = [claim.name, ...(claim.others ?? [])].flatMap((name) =>
      items.filter(({ metadata }) => metadata?.name === name),
    );
    const problem = sizeProblem(claim, found[0], { stack, growing });
    if (problem !== undefined) return failed("volume sizes", problem);
  }
  return passed("volume sizes", "what is there can be as large as the settings say");
}

function sizeProblem(
  { name: wanted, size, setting }: SizedClaim,
  found: V1PersistentVolumeClaim | undefined,
  { stack, growing }: { readonly stack: string; readonly growing: ReadonlySet<string | undefined> },
): Problem | undefined {
  const present = found?.spec?.resources?.requests?.storage;
  if (present === undefined) return undefined;
  const name = found?.metadata?.name ?? wanted;
  const [is, wants] = [bytesOf(present), bytesOf(size)];
  const keep = `pulumi config set --path ${setting} ${present} --stack ${stack}`;
  if (wants < is)
    return {
      path: setting,
      message: `is ${size}, and the claim ${name} has ${present} already: a volume never shrinks`,
      fix: keep,
    };
  const storageClass = found?.spec?.storageClassName;
  if (wants > is && !growing.has(storageClass))
    return {
      path: setting,
      message: `is ${size}, and the claim ${name} has ${present}: its StorageClass ${storageClass} lets no volume grow`,
      fix: `${keep}; or, where its driver can: kubectl patch storageclass ${storageClass} -p '{"allowVolumeExpansion":true}'`,
    };
  return undefined;
}

const small: Readonly<Record<string, number>> = { n: 1e-9, u: 1e-6, m: 1e-3 };
const powers = ["", "k", "M", "G", "T", "P", "E"];

/**
 * The bytes of a quantity, or its cores, in whatever unit somebody wrote it.
 * Source: Kubernetes, "Quantity": a decimal number with an exponent, or with a suffix of powers of 1000 or 1024.
 */
export function bytesOf(quantity: string): number {
  const [, number, suffix = ""] =
    /^([0-9.]+(?:[eE][0-9]+)?)([num]|[kMGTPE]?|[KMGTPE]i)$/.exec(quantity) ?? [];
  if (small[suffix] !== undefined) return Number(number) * small[suffix];
  const power = powers.indexOf(suffix.replace("K", "k").charAt(0));
  return Number(number) * (suffix.endsWith("i") ? 1024 : 1000) ** power;
}
