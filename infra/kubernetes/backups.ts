import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { addressesOf } from "../../config/addresses.ts";
import { imageReference } from "../../config/catalogue.ts";
import { backupOf, savedStores } from "../../config/edges.ts";
import { type StoreKind, storeHosts } from "../../config/stores.ts";
import { mongoPlan, postgresPlan } from "../derived/plans.ts";
import type { Secrets } from "../secrets.ts";
import { type MongoServer, mongoScript, type PostgresServer, postgresScript } from "./backup-scripts.ts";
import { type ClusterTarget, configMap, labelsOf, secret } from "./cluster.ts";
import { podTemplate, resources } from "./pod.ts";
import { mongoMembers, replicaSetName } from "./stores/mongo.ts";

/** The claim that backups are written to. */
export const backupClaim = "backups";
/** Where a backup pod sees it. */
export const backupDirectory = "/backups";

/** CronJobs that save each store into a claim of their own, with retention. */
export class Backups extends pulumi.ComponentResource {
  constructor(name: string, target: ClusterTarget, secrets: Secrets, opts?: pulumi.ComponentResourceOptions) {
    super("beat:kubernetes:Backups", name, {}, opts);
    const { backups, storageClass } = target.settings.kubernetes;
    if (backups !== false && savedStores.some((kind) => target.platform.stores[kind])) {
      new k8s.core.v1.PersistentVolumeClaim(
        backupClaim,
        {
          metadata: {
            name: backupClaim,
            namespace: target.namespace,
            labels: labelsOf(target, "backup"),
            annotations: { "pulumi.com/skipAwait": "true" },
          },
          spec: {
            accessModes: ["ReadWriteOnce"],
            ...(storageClass !== undefined && { storageClassName: storageClass }),
            resources: { requests: { storage: backups.volume.size } },
          },
        },
        // Whatever the stack says of its stores: a backup that goes with what it saved is none.
        { parent: this, dependsOn: [...target.ready], provider: target.retained, retainOnDelete: true },
      );
      for (const kind of savedStores) if (target.platform.stores[kind]) this.#cronJob(target, kind, secrets);
    }
    this.registerOutputs();
  }

  #cronJob(target: ClusterTarget, kind: StoreKind, secrets: Secrets): void {
    const { backups } = target.settings.kubernetes;
    if (backups === false) return;
    const component = backupOf(kind);
    const admin = `${kind}-admin`;
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
        data: { "backup.sh": scriptOf(target, kind), ...certificate(target, kind) },
      },
      this,
    );
    new k8s.batch.v1.CronJob(
      component,
      {
        metadata: { name: component, namespace: target.namespace, labels: labelsOf(target, component) },
        spec: {
          schedule: backups.schedule,
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
                scratch: [{ name: "tmp", path: "/tmp" }],
                volumes: [
                  { name: "backups", persistentVolumeClaim: { claimName: backupClaim } },
                  { name: "login", secret: { secretName: login.name, defaultMode: 0o440 } },
                  { name: "script", configMap: { name: script.name } },
                ],
                containers: [
                  {
                    name: "backup",
                    image: imageReference(kind === "mongo" ? "mongo" : "postgres", target.settings.images),
                    command: ["bash", "/run/backup/backup.sh"],
                    resources: resources(256, "50m"),
                    terminationMessagePolicy: "FallbackToLogsOnError",
                    volumeMounts: [
                      { name: "backups", mountPath: backupDirectory },
                      { name: "login", mountPath: "/run/secrets/backup", readOnly: true },
                      { name: "script", mountPath: "/run/backup", readOnly: true },
                    ],
                  },
                ],
              }),
            },
          },
        },
      },
      { parent: this, dependsOn: [...target.ready, login.resource, script.resource] },
    );
  }
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

function scriptOf(target: ClusterTarget, kind: StoreKind): string {
  const { platform, settings } = target;
  const { backups } = settings.kubernetes;
  const keepDays = backups === false ? 0 : backups.keepDays;
  if (kind === "mongo") {
    const databases = mongoPlan(platform, settings).plan.users.map(({ database }) => database);
    return mongoScript({ ...mongoServer(target), databases, keepDays });
  }
  const databases = postgresPlan(platform, settings).plan.databases.map(({ name }) => name);
  return postgresScript({ ...postgresServer(target), databases, keepDays });
}
