import type { AlertName } from "../../../infra/observe/alerts/all.ts";
import type { Subject } from "../../../infra/observe/alerts/rule.ts";
import {
  backupsIn,
  type Course,
  grows,
  growsThen,
  requests,
  slowness,
  stays,
  thenGoes,
  type World,
} from "./world.ts";

/** What goes wrong, and what is told of it. */
export interface Scenario {
  /** Where it can be; default: wherever the alert is. */
  readonly on?: "docker" | "kubernetes";
  /** What happens, once all was well for a while. */
  readonly happens: (world: World, subject: Subject) => void;
  /** For how many steps; default: 20. Of a stack that is ten minutes old any outage uses up a budget. */
  readonly after?: number;
  /** How many steps after that it must be told. */
  readonly within: number;
  /** Seconds of a step; default: 30. */
  readonly interval?: number;
  /** Labels of the alert, without those that all alerts of a stack have. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Other alerts that tell of the same: an outage also uses up a budget. */
  readonly also?: readonly AlertName[];
}

const fails = (later: number): Course => growsThen(0, later);
const becomes = (before: number, after: number): Course => thenGoes(stays(before), stays(after));
/** Before the fault there is nothing of it, as before the first one of a kind ever. */
const comes = (course: Course): Course => thenGoes(() => undefined, course);

const auth = { route: "auth-service", service: "auth-service" };
const authGroup = { service: "auth-service", group: "auth_consumer" };
const errors = (later: number) => (world: World) => {
  world.set("gateway_requests_total", { route: auth.route, status: "5xx" }, fails(later));
  world.set(
    "gateway_requests_total",
    { route: auth.route, status: "2xx" },
    growsThen(requests, requests - later),
  );
};
const refused =
  (reason: string, later: number, route: string = auth.route) =>
  (world: World) =>
    world.set("gateway_refusals_total", { route, reason }, fails(later));
const slow = (later: number) => (world: World) => slowness(world, auth.route, fails(later));
const sourceOf = (subject: Subject): string => backupsIn(subject)[0]?.source ?? "";
const coreTopic = { consumergroup: "core_auth_consumers", topic: "auth_events", partition: "0" };
const day = 86_400;

/** For every kind of alert what it is told at. The compiler names one that has none. */
export const scenarios: Readonly<Record<AlertName, readonly Scenario[]>> = {
  RouteFailing: [{ happens: errors(15), after: 120, within: 3, labels: auth, also: ["RouteErrorsBurnSlow"] }],
  RouteErrorsBurnFast: [
    { happens: errors(7), after: 120, within: 60, labels: auth, also: ["RouteErrorsBurnSlow"] },
    {
      happens: errors(30),
      after: 120,
      within: 30,
      labels: auth,
      also: ["RouteErrorsBurnSlow", "RouteFailing"],
    },
  ],
  RouteErrorsBurnSlow: [{ happens: errors(0.9), within: 120, labels: auth }],
  RouteSlow: [{ happens: slow(15), after: 120, within: 3, labels: auth, also: ["RouteLatencyBurnSlow"] }],
  RouteLatencyBurnFast: [
    { happens: slow(7), after: 120, within: 60, labels: auth, also: ["RouteLatencyBurnSlow"] },
  ],
  RouteLatencyBurnSlow: [{ happens: slow(0.9), within: 120, labels: auth }],
  UpstreamDown: [
    {
      happens: (world) => {
        errors(30)(world);
        refused("upstream_down", 30)(world);
      },
      after: 120,
      within: 4,
      labels: { service: auth.service },
      also: ["RouteErrorsBurnFast", "RouteErrorsBurnSlow"],
    },
  ],
  RouteQueueFull: [
    {
      happens: (world) => {
        errors(10)(world);
        refused("shed", 10)(world);
      },
      after: 120,
      within: 3,
      labels: auth,
      also: ["RouteErrorsBurnSlow"],
    },
  ],
  RateLimiting: [{ happens: refused("rate_limited", 90), within: 4, labels: auth }],
  GatewayDown: [
    {
      happens: (world) =>
        world.set(
          "gateway_build_info",
          { version: "1", node: "24" },
          thenGoes(stays(1), () => undefined),
        ),
      // What was last told is believed for five minutes by these tests; a scraper that is refused says so at once.
      within: 14,
    },
  ],
  GatewayFull: [
    {
      happens: (world) => world.set("gateway_connections_refused_total", { reason: "total" }, fails(4)),
      within: 2,
    },
    { happens: refused("out_of_files", 1, "auth-service"), within: 2 },
  ],
  GatewayBusy: [
    {
      happens: (world) =>
        world.set("nodejs_eventloop_delay_seconds", { quantile: "0.99" }, becomes(0.02, 0.4)),
      within: 5,
    },
  ],
  GatewayRoutesRefused: [
    {
      happens: (world) => world.set("gateway_route_reloads_total", { result: "failed" }, becomes(0, 1)),
      within: 2,
    },
  ],
  GatewayLogLinesLost: [
    { happens: (world) => world.set("gateway_log_lines_dropped_total", {}, becomes(0, 7)), within: 2 },
  ],
  GatewaySpansLost: [
    { happens: (world) => world.set("gateway_spans_total", { result: "dropped" }, fails(30)), within: 5 },
  ],
  KafkaDown: [
    {
      happens: (world, subject) => {
        for (const [service, group] of [
          ["auth-service", "auth_consumer"],
          ["messaging-service", "message_consumer"],
        ] as const) {
          world.set("beat_consumer_kafka_answers", { service, group }, becomes(1, 0));
          world.set("beat_consumer_group_members", { service, group }, becomes(1, 0));
        }
        // What the exporter cannot ask any more is gone.
        for (const topic of Object.keys(subject.platform.topics))
          world.set(
            "kafka_topic_partition_current_offset",
            { topic, partition: "0" },
            thenGoes(grows(3, 100), () => undefined),
          );
        world.set(
          "kafka_consumergroup_members",
          { consumergroup: "core_auth_consumers" },
          thenGoes(stays(1), () => undefined),
        );
      },
      within: 14,
    },
  ],
  KafkaBrokerAway: [
    {
      happens: (world) => {
        world.set("kafka_brokers", {}, becomes(3, 2));
        world.set(
          "kafka_topic_partition_under_replicated_partition",
          { topic: "auth_events", partition: "0" },
          becomes(0, 1),
        );
      },
      within: 10,
    },
  ],
  TopicUnderReplicated: [
    {
      happens: (world) =>
        world.set(
          "kafka_topic_partition_under_replicated_partition",
          { topic: "auth_events", partition: "0" },
          becomes(0, 1),
        ),
      within: 5,
      labels: { topic: "auth_events" },
    },
  ],
  GroupWithoutMembers: [
    {
      happens: (world) => {
        world.set("beat_consumer_group_members", authGroup, becomes(1, 0));
        world.set("beat_consumer_group_stalled_seconds", authGroup, fails(30));
      },
      within: 3,
      labels: authGroup,
    },
    {
      // One that is not watched.
      happens: (world) => {
        world.set("kafka_consumergroup_members", { consumergroup: coreTopic.consumergroup }, becomes(1, 0));
        world.set("kafka_consumergroup_current_offset", coreTopic, growsThen(3, 0));
        world.set("kafka_consumergroup_lag", coreTopic, growsThen(0, 3));
      },
      within: 60,
      labels: { service: "core-service", group: coreTopic.consumergroup },
    },
    {
      // One that never had any.
      happens: (world) =>
        world.remove("kafka_consumergroup_members", { consumergroup: coreTopic.consumergroup }),
      within: 1,
      labels: { service: "core-service", group: coreTopic.consumergroup },
    },
  ],
  GroupReadsNoFurther: [
    {
      happens: (world) => world.set("beat_consumer_group_stalled_seconds", authGroup, fails(30)),
      within: 2,
      labels: authGroup,
    },
    {
      happens: (world) => {
        world.set("kafka_consumergroup_current_offset", coreTopic, growsThen(3, 0));
        world.set("kafka_consumergroup_lag", coreTopic, growsThen(0, 3));
      },
      within: 60,
      labels: { service: "core-service", group: coreTopic.consumergroup },
    },
  ],
  GroupLags: [
    {
      happens: (world) => {
        world.set("kafka_consumergroup_current_offset", coreTopic, growsThen(3, 1));
        world.set("kafka_consumergroup_lag", coreTopic, growsThen(0, 2));
      },
      within: 60,
      labels: { service: "core-service", group: coreTopic.consumergroup, topic: "auth_events" },
    },
  ],
  ConsumerRestarts: [
    {
      happens: (world) =>
        world.set("beat_consumer_restarts_total", authGroup, (step) =>
          Math.max(0, Math.min(4, Math.ceil(step / 10))),
        ),
      within: 45,
      labels: authGroup,
    },
  ],
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
};

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
