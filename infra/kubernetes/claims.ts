import type { Workload } from "../../core/workload.ts";
import type { StateResource } from "../operate/stack-state.ts";

/** A claim that pods of a workload mount. */
export interface WantedClaim {
  readonly name: string;
  readonly volume: Workload["volumes"][number];
  /** A quantity such as `20Gi`. */
  readonly size: string;
}

/**
 * The claims of a workload: of a set one for each volume of each member, else one for each volume.
 * Source of a member's name: Kubernetes, "StatefulSets", stable storage: `<template>-<set>-<ordinal>`.
 * @throws when nobody has said how large a volume is.
 */
export function claimsOf({ name, members, volumes }: Workload): WantedClaim[] {
  return volumes.flatMap((volume) => {
    const size = sizeOf(name, volume);
    if (!("stateful" in members)) return [{ name: volume.name, volume, size }];
    return Array.from({ length: members.stateful }, (_, member) => ({
      name: `${volume.name}-${name}-${member}`,
      volume,
      size,
    }));
  });
}

/** The claims that a stack's state knows. */
export const claimsInState = (state: readonly StateResource[]): string[] =>
  state.flatMap(({ type, outputs }) => {
    const { name } = (outputs?.metadata ?? {}) as { readonly name?: string };
    return type === "kubernetes:core/v1:PersistentVolumeClaim" && name !== undefined ? [name] : [];
  });

/** @throws when nobody has said how large the volume is. */
export function sizeOf(workload: string, volume: Workload["volumes"][number]): string {
  if (volume.size === undefined) throw new Error(`the volume ${volume.name} of ${workload} has no size`);
  return volume.size;
}
