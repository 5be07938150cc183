import type * as k8s from "@pulumi/kubernetes";
import { imageReference } from "../../../config/catalogue.ts";
import { uploadsPath } from "../../../stores/uploads.ts";
import type { BackupSource } from "../../workloads/backup-sources.ts";
import { stackVariable } from "../../workloads/runtime.ts";
import type { ClusterTarget, Content } from "./cluster.ts";
import { resources } from "./pod.ts";

type Container = k8s.types.input.core.v1.Container;
type Volume = k8s.types.input.core.v1.Volume;

/** What one container of a job saves, with what it mounts for it. */
export interface SavedContent {
  readonly saved: BackupSource;
  /** `backup.sh` and certificates. */
  readonly script: Content;
  /** The store's administrator's password; uploads have none. */
  readonly login: Content | undefined;
}

/** The container that does all there is to do with a claim, or dumps for a bucket. */
export function saveContainer(
  target: ClusterTarget,
  { saved, login }: SavedContent,
  storage: Parameters<typeof resources>[2] = {},
): Container {
  const { component, image, service, parts } = saved;
  return {
    name: component,
    image: imageReference(image, target.settings.images),
    command: ["bash", "/run/backup/backup.sh"],
    env: [{ name: stackVariable, value: target.stack }],
    resources: resources(256, "50m", storage),
    terminationMessagePolicy: "FallbackToLogsOnError",
    volumeMounts: [
      { name: "backups", mountPath: "/backups" },
      ...(login === undefined
        ? []
        : [{ name: `${component}-login`, mountPath: "/run/secrets/backup", readOnly: true }]),
      { name: `${component}-script`, mountPath: "/run/backup", readOnly: true },
      { name: `${component}-tmp`, mountPath: "/tmp" },
      ...(service === undefined ? [] : parts.map((name) => ({ name, mountPath: uploadsPath(name) }))),
    ],
  };
}

/** The volumes of {@link saveContainer}, but for `backups`. */
export const volumesOf = ({ saved, login, script }: SavedContent): Volume[] => [
  ...(login === undefined
    ? []
    : [{ name: `${saved.component}-login`, secret: { secretName: login.name, defaultMode: 0o440 } }]),
  { name: `${saved.component}-script`, configMap: { name: script.name } },
  { name: `${saved.component}-tmp`, emptyDir: {} },
  ...(saved.service === undefined
    ? []
    : saved.parts.map((name) => ({ name, persistentVolumeClaim: { claimName: name } }))),
];
