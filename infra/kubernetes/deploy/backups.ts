import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { imageReference } from "../../../config/catalogue.ts";
import { imageNamed } from "../../../config/images.ts";
import { bucketOf } from "../../../config/settings/bucket.ts";
import type { KubernetesSettings } from "../../../config/settings/kubernetes.ts";
import { useOfStore } from "../../../config/store-use.ts";
import { administratorSecret, backupOf } from "../../../core/names.ts";
import { type StoreKind, savedKinds, storeOf } from "../../../stores/index.ts";
import type { AnyUse, Backup } from "../../../stores/store.ts";
import type { Secrets } from "../../secrets/component.ts";
import { labelsOf } from "../labels.ts";
import { type BucketPodArgs, bucketCertificate, bucketKeys, bucketPod } from "./bucket-pod.ts";
import { uploadScript } from "./bucket-scripts.ts";
import { claim } from "./claim.ts";
import { type ClusterTarget, type Content, configMap, secret } from "./cluster.ts";
import { memberHostIn } from "./names.ts";
import { type PodArgs, podTemplate, resources } from "./pod.ts";

/** The claim that backups are written to. */
const backupClaim = "backups";
/** The container that does all there is to do with it. */
export const claimContainer = "backup";

/** How long a backup may take, seconds. */
const longestSeconds = 6 * 3600;

/** CronJobs that save each store into a claim of their own or a bucket, with retention. */
export class Backups extends pulumi.ComponentResource {
  constructor(name: string, target: ClusterTarget, secrets: Secrets, opts?: pulumi.ComponentResourceOptions) {
    super("beat:kubernetes:Backups", name, {}, opts);
    const { backups } = target.settings.kubernetes;
    const saved = savedKinds.filter((kind) => target.platform.stores[kind] !== undefined);
    if (backups !== false && saved.length > 0) {
      const bucket = bucketOf(target.settings);
      if (bucket === undefined)
        // Whatever the stack says of its stores: a backup that goes with what it saved is none.
        claim(
          target,
          { name: backupClaim, component: "backup", size: backups.volume.size, retained: true },
          this,
        );
      const place = bucket && { bucket, keys: bucketKeys(target, secrets, this) };
      for (const kind of saved) this.#cronJob(target, kind, secrets, backups, place);
    }
    this.registerOutputs();
  }

  #cronJob(
    target: ClusterTarget,
    kind: StoreKind,
    secrets: Secrets,
    { schedule, timeZone, keepDays }: Exclude<KubernetesSettings["backups"], false>,
    place: Pick<BucketPodArgs, "bucket" | "keys"> | undefined,
  ): void {
    const component = backupOf(kind);
    const { tools, use } = backupOfStore(target, kind);
    const login = secret(
      target,
      {
        name: component,
        component,
        // A store whose clients know no password is saved without one.
        data: storeOf(kind).login ? { password: secrets.get(administratorSecret(kind)) } : {},
      },
      this,
    );
    const script = configMap(
      target,
      {
        name: component,
        component,
        data: {
          "backup.sh": tools.script(use, { keepDays: place === undefined ? keepDays : undefined }),
          ...certificate(use),
          ...(place && { "upload.sh": uploadScript(keepDays) }),
          ...(place?.bucket.ca !== undefined && { [bucketCertificate]: place.bucket.ca }),
        },
      },
      this,
    );
    const image = imageReference(imageNamed(tools.image), target.settings.images);
    new k8s.batch.v1.CronJob(
      component,
      {
        metadata: { name: component, namespace: target.namespace, labels: labelsOf(target, component) },
        spec: {
          schedule,
          timeZone,
          concurrencyPolicy: "Forbid",
          // A start that was missed is made up for, and one that is long past is left to the next.
          startingDeadlineSeconds: longestSeconds,
          successfulJobsHistoryLimit: 3,
          failedJobsHistoryLimit: 3,
          jobTemplate: {
            spec: {
              backoffLimit: 2,
              activeDeadlineSeconds: longestSeconds,
              template: podTemplate(target, {
                component,
                uid: 999,
                stopGraceSeconds: 30,
                restartPolicy: "Never",
                ...(place === undefined
                  ? claimPod(image, login, script)
                  : bucketPod(target, { ...place, image, login, script })),
              }),
            },
          },
        },
      },
      {
        parent: this,
        dependsOn: [
          ...target.ready,
          login.resource,
          script.resource,
          ...(place ? [place.keys.resource] : []),
        ],
      },
    );
  }
}

/** What a pod is made of that dumps a store into the claim. */
function claimPod(
  image: string,
  login: Content,
  script: Content,
): Pick<PodArgs, "containers" | "volumes" | "scratch"> {
  return {
    scratch: [{ name: "tmp", path: "/tmp" }],
    volumes: [
      { name: "backups", persistentVolumeClaim: { claimName: backupClaim } },
      { name: "login", secret: { secretName: login.name, defaultMode: 0o440 } },
      { name: "script", configMap: { name: script.name } },
    ],
    containers: [
      {
        name: claimContainer,
        image,
        command: ["bash", "/run/backup/backup.sh"],
        resources: resources(256, "50m"),
        terminationMessagePolicy: "FallbackToLogsOnError",
        volumeMounts: [
          { name: "backups", mountPath: "/backups" },
          { name: "login", mountPath: "/run/secrets/backup", readOnly: true },
          { name: "script", mountPath: "/run/backup", readOnly: true },
        ],
      },
    ],
  };
}

function certificate({ external }: AnyUse): Record<string, string> {
  const ca = external?.ca;
  return ca === undefined ? {} : { "ca.pem": ca };
}

/**
 * How a store is saved and restored, and where it is.
 * @throws when nobody saves such a store.
 */
export function backupOfStore(
  { platform, settings, namespace }: Pick<ClusterTarget, "platform" | "settings" | "namespace">,
  kind: StoreKind,
): { readonly tools: Backup; readonly use: AnyUse } {
  const tools = storeOf(kind).backup;
  if (tools === undefined) throw new Error(`${kind} is not saved`);
  return { tools, use: useOfStore(platform, settings, kind, memberHostIn(namespace)) };
}
