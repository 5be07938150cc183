import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type BackupPlan, backupsOf } from "../../../config/settings/backups.ts";
import type { Workload } from "../../../core/workload.ts";
import { longestBackupSeconds } from "../../../stores/backup-status.ts";
import type { Secrets } from "../../secrets/component.ts";
import { type BackupSource, backupSources, claimOf } from "../../workloads/backup-sources.ts";
import { labelsOf, selectorOf } from "../labels.ts";
import { bucketCertificate, bucketKeys, bucketPod, earlierFile, uploadFile } from "./bucket-pod.ts";
import { earlierScript, uploadScript } from "./bucket-scripts.ts";
import { persistentVolumeClaim } from "./claim.ts";
import { type ClusterTarget, type Content, configMap, secret } from "./cluster.ts";
import { memberHostIn } from "./names.ts";
import { type PodArgs, podOf, podTemplate } from "./pod.ts";
import { type SavedContent, saveContainer, volumesOf } from "./save-container.ts";

/** The user of the images of stores. */
const storeUser = 999;

/** What {@link Backups} is made from. */
export interface BackupsArgs {
  readonly workloads: readonly Workload[];
  readonly secrets: Secrets;
  /** Claims that are there: a service that got another name goes on with the one that has its backups. */
  readonly claims: ReadonlySet<string>;
}

/**
 * CronJobs that save what the stack holds into claims or a bucket, with retention. One job has all stores, a container each,
 * side by side, so that one that fails costs no other; and the claim is written on one node, as it must be. The volumes of a
 * service are saved by a job of their own, on the service's node, into a claim of its own.
 */
export class Backups extends pulumi.ComponentResource {
  constructor(
    name: string,
    target: ClusterTarget,
    { workloads, secrets, claims }: BackupsArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("beat:kubernetes:Backups", name, {}, opts);
    const plan = backupsOf(target.settings);
    const all = backupSources(target.platform, target.settings, memberHostIn(target.namespace));
    if (plan !== undefined && all.length > 0) {
      const keys = plan.bucket && bucketKeys(target, secrets, this);
      for (const job of new Set(all.map((saved) => saved.job))) {
        const inside = all.filter((saved) => saved.job === job);
        this.#cronJob(target, job, inside, { plan, keys, workloads, secrets, claims });
      }
    }
    this.registerOutputs();
  }

  #cronJob(
    target: ClusterTarget,
    job: string,
    inside: readonly BackupSource[],
    args: BackupsArgs & { readonly plan: BackupPlan; readonly keys: Content | undefined },
  ): void {
    const { plan, keys, workloads, secrets, claims } = args;
    const { bucket } = plan;
    const place = bucket && keys && { bucket, keys };
    const [first] = inside;
    const claim = first && claimOf(first, claims);
    if (place === undefined && claim !== undefined)
      // Whatever the stack says of its stores: a backup that goes with what it saved is none.
      persistentVolumeClaim(
        target,
        { name: claim, component: job, size: plan.volumeSize, retained: true },
        this,
      );
    const contents = inside.map((saved) => this.#content(target, saved, plan, secrets));
    const service = workloads.find(({ name }) => name === first?.service);
    new k8s.batch.v1.CronJob(
      job,
      {
        metadata: { name: job, namespace: target.namespace, labels: labelsOf(target, job) },
        spec: {
          schedule: plan.schedule,
          timeZone: plan.timeZone,
          concurrencyPolicy: "Forbid",
          // A start that was missed is made up for, and one that is long past is left to the next.
          startingDeadlineSeconds: longestBackupSeconds,
          successfulJobsHistoryLimit: 3,
          failedJobsHistoryLimit: 3,
          jobTemplate: {
            spec: {
              backoffLimit: 2,
              activeDeadlineSeconds: longestBackupSeconds,
              template: podTemplate(target, {
                component: job,
                ...(service === undefined ? { uid: storeUser } : asService(target, service)),
                stopGraceSeconds: 30,
                restartPolicy: "Never",
                ...(place === undefined
                  ? claimPod(target, claim ?? "", contents)
                  : bucketPod(target, { ...place, contents })),
              }),
            },
          },
        },
      },
      {
        parent: this,
        dependsOn: [
          ...target.ready,
          ...contents.flatMap(({ login, script }) => [...(login ? [login.resource] : []), script.resource]),
          ...(keys ? [keys.resource] : []),
        ],
      },
    );
  }

  #content(target: ClusterTarget, saved: BackupSource, plan: BackupPlan, secrets: Secrets): SavedContent {
    const { component, job, password, ca } = saved;
    const { keepDays, drillDays, bucket } = plan;
    return {
      saved,
      // Not an empty one: the API server leaves out what is empty, and it would be made anew at every `up`.
      login:
        password === undefined
          ? undefined
          : secret(
              target,
              { name: component, component: job, data: { password: secrets.get(password) } },
              this,
            ),
      script: configMap(
        target,
        {
          name: component,
          component: job,
          data: {
            "backup.sh": saved.script({ keepDays: bucket === undefined ? keepDays : undefined, drillDays }),
            ...(ca !== undefined && { "ca.pem": ca }),
            ...(bucket !== undefined && {
              [earlierFile]: earlierScript(saved.source),
              [uploadFile]: uploadScript(keepDays, saved.store, saved.siblings),
            }),
            ...(bucket?.ca !== undefined && { [bucketCertificate]: bucket.ca }),
          },
        },
        this,
      ),
    };
  }
}

/** A volume that one node writes is read beside the service that writes it, and by the same user. */
const asService = (
  target: ClusterTarget,
  service: Workload,
): Pick<PodArgs, "uid" | "gid" | "nodeSelector" | "affinity"> => {
  const { uid, gid, nodeSelector } = podOf(service);
  const shared = target.settings.kubernetes.uploads.accessMode === "ReadWriteMany";
  return {
    uid,
    ...(gid !== undefined && { gid }),
    nodeSelector,
    ...(!shared && {
      affinity: {
        podAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            {
              topologyKey: "kubernetes.io/hostname",
              labelSelector: { matchLabels: selectorOf(target, service.host) },
            },
          ],
        },
      },
    }),
  };
};

/** What a pod is made of that saves into a claim. */
function claimPod(
  target: ClusterTarget,
  claim: string,
  contents: readonly SavedContent[],
): Pick<PodArgs, "containers" | "volumes" | "scratch"> {
  return {
    volumes: [
      { name: "backups", persistentVolumeClaim: { claimName: claim } },
      ...contents.flatMap(volumesOf),
    ],
    containers: contents.map((content) => saveContainer(target, content)),
  };
}
