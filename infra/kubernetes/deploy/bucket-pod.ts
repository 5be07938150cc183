import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { imageReference } from "../../../config/catalogue.ts";
import { type Bucket, bucketSecrets } from "../../../config/settings/bucket.ts";
import type { Secrets } from "../../secrets/component.ts";
import { escapeExpansion } from "../expansion.ts";
import { type ClusterTarget, type Content, secret } from "./cluster.ts";
import { type PodArgs, resources } from "./pod.ts";
import { type SavedContent, saveContainer, volumesOf } from "./save-container.ts";

/** The container that speaks to the bucket. */
export const uploadContainer = "upload";

/** The container that fetches what earlier backups came to. */
export const earlierContainer = "earlier";

/** The name by which rclone's configuration in the environment is known to its commands. */
const remote = "backups";
const scriptFolder = "/run/backup";
/** The scripts of its steps, in that folder. */
export const earlierFile = "earlier.sh";
/** @see earlierFile */
export const uploadFile = "upload.sh";

/** The bucket's keys, as the variables that rclone reads. */
export const bucketKeys = (target: ClusterTarget, secrets: Secrets, parent: pulumi.Resource): Content =>
  secret(
    target,
    {
      name: "backups-bucket",
      component: "backup",
      data: {
        [variable("access_key_id")]: secrets.get(bucketSecrets.accessKeyId),
        [variable("secret_access_key")]: secrets.get(bucketSecrets.secretAccessKey),
      },
    },
    parent,
  );

/** rclone's option of our remote as an environment variable. Source: rclone documentation, "Config file", environment. */
const variable = (option: string): string => `RCLONE_CONFIG_${remote}_${option}`.toUpperCase();

/** What a pod is made of that dumps stores and carries the dumps into a bucket. */
export interface BucketPodArgs {
  readonly bucket: Bucket;
  readonly keys: Content;
  /** What is dumped, one after the other. */
  readonly contents: readonly SavedContent[];
}

/**
 * The dump is made first, by the store's own tools, and carried when it is whole. Each step sees its own secret only: the
 * one that speaks to the outside has no password of the store.
 */
export function bucketPod(
  target: ClusterTarget,
  { bucket, keys, contents }: BucketPodArgs,
): Pick<PodArgs, "initContainers" | "containers" | "volumes"> {
  const spool = { name: "backups", mountPath: "/backups" };
  const [first] = contents;
  // The spool counts as well. It is not asked for: a store that takes a tenth of it is saved on a small node, too.
  const storage = { request: "1Mi", limit: bucket.spool };
  const scripts = {
    name: `${first?.saved.component}-script`,
    mountPath: scriptFolder,
    readOnly: true,
  };
  const carry = (name: string, script: string) => ({
    name,
    image: imageReference("rclone", target.settings.images),
    command: ["sh", `${scriptFolder}/${script}`],
    env: rcloneEnvironment(target, bucket),
    envFrom: [{ secretRef: { name: keys.name } }],
    resources: resources(256, "50m", storage),
    terminationMessagePolicy: "FallbackToLogsOnError",
    volumeMounts: [spool, scripts],
  });
  return {
    initContainers: [
      carry(earlierContainer, earlierFile),
      // Each notes what it could not save and ends well, so that the next one has its turn.
      ...contents.map((content) => saveContainer(target, content, storage)),
    ],
    containers: [carry(uploadContainer, uploadFile)],
    volumes: [{ name: "backups", emptyDir: { sizeLimit: bucket.spool } }, ...contents.flatMap(volumesOf)],
  };
}

function rcloneEnvironment(
  { namespace }: ClusterTarget,
  { endpoint, name, region, prefix, provider, ca }: Bucket,
): k8s.types.input.core.v1.EnvVar[] {
  const values: Record<string, string> = {
    // Where the scripts read and write.
    BACKUPS: `${remote}:${name}/${prefix ?? namespace}`,
    // No configuration but the environment's. Source: rclone documentation, --config.
    RCLONE_CONFIG: "/dev/null",
    [variable("type")]: "s3",
    [variable("provider")]: provider,
    [variable("endpoint")]: endpoint,
    [variable("region")]: region,
    // The bucket exists: asking for it, or making it, would want more rights than a backup needs.
    [variable("no_check_bucket")]: "true",
    // A server that does not answer is told within a minute, and the job tries again.
    RCLONE_CONTIMEOUT: "15s",
    RCLONE_LOW_LEVEL_RETRIES: "3",
    RCLONE_RETRIES: "2",
    ...(ca !== undefined && { RCLONE_CA_CERT: `${scriptFolder}/${bucketCertificate}` }),
  };
  return Object.entries(values).map(([key, value]) => ({ name: key, value: escapeExpansion(value) }));
}

/** The file of the bucket's authority, beside the scripts. */
export const bucketCertificate = "bucket-ca.pem";
