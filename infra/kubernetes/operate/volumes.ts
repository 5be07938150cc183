import type { V1Pod } from "@kubernetes/client-node";
import { z } from "zod";
import type { PartState } from "../../operate/parts.ts";
import type { Cluster } from "./client.ts";

/** How full a volume is when it wants looking after: what is left goes fast, and a database without room goes down. */
const fullAt = 0.9;

/** How much of a claim's volume is used. */
export interface VolumeUse {
  readonly claim: string;
  readonly usedBytes: number;
  readonly capacityBytes: number;
}

// Source: Kubernetes, "Node metrics data", the kubelet's Summary API; volumes whose driver does not measure are left out there.
const summarySchema = z.object({
  pods: z.array(
    z.object({
      volume: z
        .array(
          z.object({
            usedBytes: z.number().optional(),
            availableBytes: z.number().optional(),
            pvcRef: z.object({ name: z.string(), namespace: z.string() }).optional(),
          }),
        )
        .optional(),
    }),
  ),
});

/**
 * How full the volumes of running pods are, as their kubelets say. A kubelet looks about once a minute. Where the user may
 * not ask them (`get nodes/proxy`), or a storage driver does not measure, there is nothing to tell.
 */
export async function volumeUse(
  { core }: Cluster,
  namespace: string,
  pods: readonly V1Pod[],
): Promise<VolumeUse[]> {
  const nodes = new Set(pods.map(({ spec }) => spec?.nodeName).filter((name) => name !== undefined));
  const found = new Map<string, VolumeUse>();
  for (const summary of await Promise.all(
    [...nodes].map((name) =>
      core.connectGetNodeProxyWithPath({ name, path: "stats/summary" }).catch(() => ""),
    ),
  )) {
    // Typed as text, and parsed already.
    const read = summarySchema.safeParse(summary);
    for (const { volume } of read.data?.pods ?? [])
      for (const { pvcRef, usedBytes, availableBytes } of volume ?? [])
        if (pvcRef?.namespace === namespace && usedBytes !== undefined && availableBytes !== undefined)
          // What a file system keeps for itself is nobody's to use.
          found.set(pvcRef.name, {
            claim: pvcRef.name,
            usedBytes,
            capacityBytes: usedBytes + availableBytes,
          });
  }
  return [...found.values()].sort((a, b) => (a.claim < b.claim ? -1 : 1));
}

/** Whether a volume has little room left. */
export const isNearlyFull = ({ usedBytes, capacityBytes }: VolumeUse): boolean =>
  usedBytes >= fullAt * capacityBytes;

/** A volume as `beat status` shows it. */
export const volumePart = (use: VolumeUse): PartState => ({
  name: `volume ${use.claim}`,
  ok: !isNearlyFull(use),
  status: saidOf(use),
  image: "",
});

/** What to say of volumes that have little room left. */
export const fullVolumes = (uses: readonly VolumeUse[]): string[] =>
  uses
    .filter(isNearlyFull)
    .map((use) => `volume ${use.claim} is ${saidOf(use)}; fix: a larger size in the settings, then up`);

function saidOf({ usedBytes, capacityBytes }: VolumeUse): string {
  const large = capacityBytes >= 10 * 2 ** 30;
  const shown = (bytes: number): string =>
    large ? (bytes / 2 ** 30).toFixed(1) : (bytes / 2 ** 20).toFixed(0);
  // An empty volume of no size is no number.
  const share = capacityBytes > 0 ? Math.floor((100 * usedBytes) / capacityBytes) : 0;
  return `${share} % full, ${shown(usedBytes)} of ${shown(capacityBytes)} ${large ? "GiB" : "MiB"}`;
}
