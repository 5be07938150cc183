import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Workload } from "../../../core/workload.ts";
import { resolveEnvironment } from "../../derived/environment.ts";
import type { Secrets } from "../../secrets/component.ts";
import { type ClusterTarget, configMap, secret } from "./cluster.ts";

/** Files as a pod mounts them. */
export interface MountedFiles {
  readonly volumes: k8s.types.input.core.v1.Volume[];
  readonly mounts: k8s.types.input.core.v1.VolumeMount[];
  /** What must be there before the pod. */
  readonly resources: pulumi.Resource[];
}

/** A workload's files: in a Secret where any of them is secret, else in a ConfigMap. */
export function mountFiles(
  target: ClusterTarget,
  { files: sets, host }: Workload,
  secrets: Secrets,
  parent: pulumi.Resource,
): MountedFiles {
  const mounted = sets.map(({ name, volume, directory, files }) => {
    const data = resolveEnvironment(files, target.addresses, (key) => secrets.get(key));
    const hidden = Object.values(files).some((value) => value.secret);
    const content = (hidden ? secret : configMap)(target, { name, component: host, data }, parent);
    return {
      volume: hidden
        ? { name: volume, secret: { secretName: content.name, defaultMode: 0o440 } }
        : { name: volume, configMap: { name: content.name } },
      mount: { name: volume, mountPath: directory, readOnly: true },
      resource: content.resource,
    };
  });
  return {
    volumes: mounted.map(({ volume }) => volume),
    mounts: mounted.map(({ mount }) => mount),
    resources: mounted.map(({ resource }) => resource),
  };
}
