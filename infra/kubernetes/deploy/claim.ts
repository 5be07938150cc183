import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { labelsOf } from "../labels.ts";
import type { ClusterTarget } from "./cluster.ts";

/** What differs between the platform's claims. */
export interface ClaimArgs {
  readonly name: string;
  readonly component: string;
  /** A quantity such as `20Gi`. */
  readonly size: string;
  /** Mounted by several nodes at once. */
  readonly shared?: boolean;
  /** Left where it is when the stack is destroyed, for the next one to take over. */
  readonly retained: boolean;
}

/**
 * A claim of a volume. A larger size is asked of the volume that is there (Kubernetes, "Expanding Persistent Volumes
 * Claims"), which its StorageClass must allow; a smaller one is refused (`operate/claim-sizes.ts`). Everything else of a claim is for
 * good: another StorageClass is for claims that are made later, since a claim that is replaced is data that is lost.
 */
export function persistentVolumeClaim(
  target: ClusterTarget,
  { name, component, size, shared, retained }: ClaimArgs,
  parent: pulumi.Resource,
): k8s.core.v1.PersistentVolumeClaim {
  return new k8s.core.v1.PersistentVolumeClaim(
    name,
    {
      metadata: {
        name,
        namespace: target.namespace,
        labels: labelsOf(target, component),
        annotations: {
          // Bound when its first pod is placed, which waits for it.
          "pulumi.com/skipAwait": "true",
          // The size of a claim that a StatefulSet or an earlier stack made belongs to that one's field manager.
          "pulumi.com/patchForce": "true",
        },
      },
      spec: claimSpec(target, size, shared),
    },
    {
      parent,
      dependsOn: [...target.ready],
      provider: target.retained,
      retainOnDelete: retained,
      ignoreChanges: ["spec.storageClassName"],
    },
  );
}

/** What a claim asks for. @param size a quantity such as `20Gi`. @param shared mounted by several nodes at once. */
export function claimSpec(
  { settings }: ClusterTarget,
  size: string,
  shared = false,
): k8s.types.input.core.v1.PersistentVolumeClaimSpec {
  const { storageClass } = settings.kubernetes;
  return {
    accessModes: [shared ? "ReadWriteMany" : "ReadWriteOnce"],
    ...(storageClass !== undefined && { storageClassName: storageClass }),
    resources: { requests: { storage: size } },
  };
}
