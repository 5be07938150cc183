import type { Subject } from "../../../infra/observe/alerts/rule.ts";
import { authGroup, becomes, fails, type Scenarios } from "./scenario.ts";
import { backupsIn, type Course, stays, thenGoes, type World } from "./world.ts";

/** Before the fault there is nothing of it, as before the first one of a kind ever. */
const comes = (course: Course): Course => thenGoes(() => undefined, course);
const sourceOf = (subject: Subject): string => backupsIn(subject)[0]?.source ?? "";
const day = 86_400;

/** Of what is kept and what keeps it: stores, volumes, backups, certificates, containers. */
export const holdingScenarios = {
  PostgresDown: [{ happens: (world) => world.set("pg_up", {}, becomes(1, 0)), within: 2 }],
  PostgresConnections: [
    {
      happens: (world) =>
        world.set(
          "pg_stat_database_numbackends",
          { datid: "auth_service", datname: "auth_service" },
          becomes(20, 250),
        ),
      within: 2,
    },
  ],
  PostgresOldTransaction: [
    {
      happens: (world) => {
        world.set("pg_long_running_transactions", {}, becomes(0, 1));
        world.set("pg_long_running_transactions_oldest_timestamp_seconds", {}, fails(30));
      },
      within: 36,
    },
  ],
  PostgresDeadlocks: [
    {
      happens: (world) =>
        world.set(
          "pg_stat_database_deadlocks",
          { datid: "auth_service", datname: "auth_service" },
          becomes(2, 3),
        ),
      within: 2,
      labels: { datname: "auth_service" },
    },
  ],
  MongoDown: [
    { happens: (world) => world.set("mongodb_up", { cluster_role: "mongod" }, becomes(1, 0)), within: 2 },
  ],
  MongoWithoutMajority: [
    {
      happens: (world) => {
        for (const member_idx of ["m-1", "m-2"])
          world.set("mongodb_members_health", { member_idx, member_state: "SECONDARY" }, becomes(1, 0));
      },
      within: 2,
    },
    {
      happens: (world) =>
        world.set("mongodb_members_state", { member_idx: "m-0", member_state: "PRIMARY" }, becomes(1, 2)),
      within: 2,
    },
  ],
  MongoMemberAway: [
    {
      happens: (world) =>
        world.set("mongodb_members_health", { member_idx: "m-1", member_state: "SECONDARY" }, becomes(1, 0)),
      within: 3,
    },
  ],
  MongoReplicationLag: [
    {
      happens: (world) =>
        world.set(
          "mongodb_mongod_replset_member_replication_lag",
          { name: "m-1", state: "SECONDARY", set: "rs0", self: "" },
          fails(30),
        ),
      within: 8,
      labels: { name: "m-1" },
    },
  ],
  MongoConnections: [
    {
      happens: (world) => {
        world.set("mongodb_connections", { state: "current" }, becomes(20, 790));
        world.set("mongodb_connections", { state: "available" }, becomes(800, 30));
      },
      within: 2,
    },
  ],
  RedisDown: [{ happens: (world) => world.set("redis_up", {}, becomes(1, 0)), within: 2 }],
  RedisMemory: [
    { happens: (world) => world.set("redis_memory_used_bytes", {}, becomes(40e6, 150e6)), within: 3 },
  ],
  RedisEvicts: [{ happens: (world) => world.set("redis_evicted_keys_total", {}, fails(3)), within: 2 }],
  RedisDoesNotPersist: [
    { happens: (world) => world.set("redis_aof_last_write_status", {}, becomes(1, 0)), within: 2 },
    { happens: (world) => world.set("redis_aof_last_bgrewrite_status", {}, becomes(1, 0)), within: 2 },
  ],
  RedisConnections: [
    { happens: (world) => world.set("redis_connected_clients", {}, becomes(30, 9_000)), within: 1 },
    { happens: (world) => world.set("redis_rejected_connections_total", {}, fails(3)), within: 2 },
  ],
  VolumeAlmostFull: [
    {
      on: "kubernetes",
      happens: (world) =>
        world.set(
          "kubelet_volume_stats_available_bytes",
          { namespace: "shop", persistentvolumeclaim: "data-postgres-0" },
          becomes(15e9, 0.5e9),
        ),
      within: 1,
      labels: { persistentvolumeclaim: "data-postgres-0" },
    },
    {
      on: "docker",
      happens: (world) => world.set("beat_disk_available_bytes", {}, becomes(300e9, 10e9)),
      within: 1,
    },
  ],
  VolumeFillsWithinADay: [
    {
      on: "kubernetes",
      happens: (world) =>
        world.set(
          "kubelet_volume_stats_available_bytes",
          { namespace: "shop", persistentvolumeclaim: "data-postgres-0" },
          growsAlong(15e9, 8e9),
        ),
      interval: 300,
      within: 36,
      labels: { persistentvolumeclaim: "data-postgres-0" },
    },
    {
      on: "docker",
      happens: (world) => world.set("beat_disk_available_bytes", {}, growsAlong(300e9, 180e9)),
      interval: 300,
      within: 36,
    },
  ],
  BackupFailed: [
    {
      on: "docker",
      happens: (world, subject) =>
        world.set("beat_backup_last_ok", { source: sourceOf(subject) }, becomes(1, 0)),
      within: 1,
      labels: { source: "mongo" },
    },
    {
      on: "kubernetes",
      happens: (world) => {
        const labels = { namespace: "shop", job_name: "backup-29400123" };
        world.set("kube_job_failed", { ...labels, condition: "true" }, comes(stays(1)));
        world.set("kube_job_created", labels, comes(stays(3_600)));
      },
      within: 1,
      labels: { source: "backup" },
    },
  ],
  BackupTooOld: [
    {
      on: "docker",
      happens: olderBackups("docker"),
      interval: 3_600,
      after: 0,
      within: 66,
      labels: { source: "mongo" },
    },
    {
      on: "kubernetes",
      happens: olderBackups("kubernetes"),
      interval: 3_600,
      after: 0,
      within: 66,
      labels: { source: "backup" },
    },
  ],
  BackupDrillFailed: [
    {
      happens: (world, subject) =>
        world.set("beat_backup_drill_last_ok", { source: sourceOf(subject) }, becomes(1, 0)),
      within: 1,
      labels: { source: "mongo" },
    },
  ],
  BackupDrillTooOld: [
    {
      happens: (world, subject) => {
        for (const { source } of backupsIn(subject)) {
          world.set("beat_backup_last_success_timestamp_seconds", { source }, (step) => step * 6 * 3_600);
          if (source !== sourceOf(subject))
            world.set(
              "beat_backup_drill_last_success_timestamp_seconds",
              { source },
              (step) => step * 6 * 3_600,
            );
        }
      },
      interval: 6 * 3_600,
      after: 0,
      within: 70,
      labels: { source: "mongo" },
    },
  ],
  CertificateEnds: [
    {
      happens: (world) =>
        world.set(
          "certmanager_certificate_expiration_timestamp_seconds",
          { name: "shop-tls" },
          becomes(60 * day, 6 * day),
        ),
      within: 1,
      labels: { certificate: "shop-tls" },
    },
  ],
  MetricsMissing: [
    {
      happens: (world) => world.remove("pg_up"),
      within: 1,
      labels: { part: "postgres-exporter" },
    },
    {
      happens: (world) => world.remove("beat_consumer_kafka_answers", authGroup),
      within: 1,
      labels: { part: "consumer-watch-auth-service", ...authGroup },
    },
  ],
  ContainerRestarts: [
    {
      happens: (world) =>
        world.set(
          "kube_pod_container_status_restarts_total",
          { namespace: "shop", pod: "postgres-0", container: "postgres" },
          (step) => 1 + Math.max(0, Math.min(4, Math.ceil(step / 5))),
        ),
      within: 20,
      labels: { pod: "postgres-0", container: "postgres" },
    },
  ],
  ContainerMemory: [
    {
      happens: (world) =>
        world.set(
          "container_memory_working_set_bytes",
          { namespace: "shop", pod: "postgres-0", container: "postgres" },
          becomes(300e6, 480e6),
        ),
      within: 11,
      labels: { pod: "postgres-0", container: "postgres" },
    },
  ],
} as const satisfies Scenarios;

/** From one value to another in the three hours after the fault. */
function growsAlong(from: number, to: number): Course {
  return thenGoes(stays(from), (step) => from + ((to - from) / 36) * step);
}

/** All are saved but one. */
function olderBackups(on: "docker" | "kubernetes") {
  return (world: World, subject: Subject): void => {
    const saved: Course = (step) => step * 3_600;
    for (const { source, job } of backupsIn(subject)) {
      if (on === "docker") {
        world.set("beat_backup_drill_last_success_timestamp_seconds", { source }, saved);
        if (source !== sourceOf(subject))
          world.set("beat_backup_last_success_timestamp_seconds", { source }, saved);
      } else if (job !== "backup")
        world.set("kube_cronjob_status_last_successful_time", { namespace: "shop", cronjob: job }, saved);
    }
  };
}
