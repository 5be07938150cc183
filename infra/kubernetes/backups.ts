import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { addressesOf } from "../../config/addresses.ts";
import { bucketOf } from "../../config/bucket.ts";
import { imageReference } from "../../config/catalogue.ts";
import { savedStores } from "../../config/edges.ts";
import type { KubernetesSettings } from "../../config/kubernetes-settings.ts";
import {
  administratorSecret,
  backupOf,
  type StoreKind,
  type StoreWithLogin,
  storeHosts,
} from "../../core/names.ts";
import { mongoPlan, postgresPlan } from "../derived/plans.ts";
import type { Secrets } from "../secrets.ts";
import { type MongoServer, mongoScript, type PostgresServer, postgresScript } from "./backup-scripts.ts";
import { type BucketPodArgs, bucketCertificate, bucketKeys, bucketPod } from "./bucket-pod.ts";
import { uploadScript } from "./bucket-scripts.ts";
import { claim } from "./claim.ts";
import { type ClusterTarget, type Content, configMap, labelsOf, secret } from "./cluster.ts";
import { type PodArgs, podTemplate, resources } from "./pod.ts";
import { mongoMembers, replicaSetName } from "./stores/mongo.ts";

/** The claim that backups are written to. */
const backupClaim = "backups";
/** The container that does all there is to do with it. */
export const claimContainer = "backup";

/** CronJobs that save each store into a claim of their own or a bucket, with retention. */
export class Backups extends pulumi.ComponentResource {
  constructor(name: string, target: ClusterTarget, secrets: Secrets, opts?: pulumi.ComponentResourceOptions) {
    super("beat:kubernetes:Backups", name, {}, opts);
    const { backups } = target.settings.kubernetes;
    const saved = savedStores.filter((kind) => target.platform.stores[kind]);
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
    kind: StoreWithLogin,
    secrets: Secrets,
    { schedule, keepDays }: Exclude<KubernetesSettings["backups"], false>,
    place: Pick<BucketPodArgs, "bucket" | "keys"> | undefined,
  ): void {
    const component = backupOf(kind);
    const admin = administratorSecret(kind);
    const login = secret(
      target,
      { name: component, component, data: { password: secrets.get(admin) } },
      this,
    );
    const script = configMap(
      target,
      {
        name: component,
        component,
        data: {
          "backup.sh": scriptOf(target, kind, place === undefined ? keepDays : undefined),
          ...certificate(target, kind),
          ...(place && { "upload.sh": uploadScript(keepDays) }),
          ...(place?.bucket.ca !== undefined && { [bucketCertificate]: place.bucket.ca }),
        },
      },
      this,
    );
    const image = imageReference(kind === "mongo" ? "mongo" : "postgres", target.settings.images);
    new k8s.batch.v1.CronJob(
      component,
      {
        metadata: { name: component, namespace: target.namespace, labels: labelsOf(target, component) },
        spec: {
          schedule,
          concurrencyPolicy: "Forbid",
          successfulJobsHistoryLimit: 3,
          failedJobsHistoryLimit: 3,
          jobTemplate: {
            spec: {
              backoffLimit: 2,
              activeDeadlineSeconds: 6 * 3600,
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

function certificate(target: ClusterTarget, kind: StoreKind): Record<string, string> {
  const external = target.settings.external[kind];
  const ca = external !== undefined && "ca" in external ? external.ca : undefined;
  return ca === undefined ? {} : { "ca.pem": ca };
}

/** The part of a target that says where a store is. */
type Place = Pick<ClusterTarget, "platform" | "settings" | "namespace">;

/** PostgreSQL as a backup pod reaches it. */
export function postgresServer({ platform, settings }: Place): PostgresServer {
  const { plan } = postgresPlan(platform, settings);
  const { host, port } = addressOf({ platform, settings }, "postgres");
  return { host, port, user: plan.admin.user, tls: plan.caFile !== undefined };
}

/** MongoDB as a backup pod reaches it. */
export function mongoServer(place: Place): MongoServer {
  const { platform, settings } = place;
  const { plan } = mongoPlan(platform, settings);
  const members = mongoMembers(place);
  const { host, port } = addressOf(place, "mongo");
  return {
    hosts: members?.join(",") ?? `${host}:${port}`,
    ...(members && { replicaSet: replicaSetName }),
    user: plan.admin.user,
    tls: plan.caFile !== undefined,
  };
}

function addressOf({ platform, settings }: Pick<Place, "platform" | "settings">, kind: StoreKind) {
  const address = addressesOf(platform, settings.external).get(storeHosts[kind]);
  if (address === undefined) throw new Error(`the platform has no store ${kind}`);
  return address;
}

function scriptOf(target: ClusterTarget, kind: StoreWithLogin, keepDays: number | undefined): string {
  const { platform, settings } = target;
  if (kind === "mongo") {
    const databases = mongoPlan(platform, settings).plan.users.map(({ database }) => database);
    return mongoScript({ ...mongoServer(target), databases, keepDays });
  }
  const databases = postgresPlan(platform, settings).plan.databases.map(({ name }) => name);
  return postgresScript({ ...postgresServer(target), databases, keepDays });
}
