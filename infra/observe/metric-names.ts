/** Who tells a metric: a workload of the platform, or what a cluster has for all of its pods. */
export type MetricSource =
  | "gateway"
  | "consumer-watch"
  | "backup-metrics"
  | "kafka-exporter"
  | "mongo-exporter"
  | "postgres-exporter"
  | "redis-exporter"
  /** A scraper itself, of every endpoint that it asks. */
  | "scraper"
  /** The kubelet and its cAdvisor, on a cluster. */
  | "kubelet"
  /** kube-state-metrics, which comes with most installations of Prometheus on a cluster. */
  | "kube-state-metrics"
  /** cert-manager, where it makes the certificates. */
  | "cert-manager";

/** What alerts and dashboards may know of a metric. */
export interface Metric {
  readonly type: "counter" | "gauge" | "histogram";
  /** What one of it is; `state` where the number is none of anything. */
  readonly unit: string;
  /** Labels of its own, without those that a scraper adds (`job`, `instance`, on a cluster `namespace` and `pod`). All are bounded. */
  readonly labels: readonly string[];
  readonly source: MetricSource;
  /** It is there only in a case that no stack of one member each is in, or only once that has happened. */
  readonly when?: string;
}

type Told = Omit<Metric, "source">;
const metric =
  (type: Metric["type"]) =>
  (unit: string, labels: readonly string[] = [], when?: string): Told => ({
    type,
    unit,
    labels,
    ...(when !== undefined && { when }),
  });
const counter = metric("counter");
const gauge = metric("gauge");
const histogram = metric("histogram");

/** Metrics of one source, by name. */
const from = <Name extends string>(
  source: MetricSource,
  told: Readonly<Record<Name, Told>>,
): Readonly<Record<Name, Metric>> =>
  Object.fromEntries(Object.entries<Told>(told).map(([name, each]) => [name, { ...each, source }])) as Record<
    Name,
    Metric
  >;

const gateway = from("gateway", {
  gateway_requests_total: counter("requests", ["route", "status"]),
  gateway_request_duration_seconds: histogram("seconds", ["route", "status"]),
  gateway_upstream_connect_seconds: histogram("seconds", ["route"]),
  gateway_upstream_first_byte_seconds: histogram("seconds", ["route"]),
  gateway_upstream_seconds: histogram("seconds", ["route"]),
  gateway_refusals_total: counter("requests", ["route", "reason"], "once the gateway has answered itself"),
  gateway_client_closes_total: counter(
    "connections",
    ["reason"],
    "once the gateway has closed a client's connection",
  ),
  gateway_connections_refused_total: counter("connections", ["reason"], "once a connection was not taken"),
  gateway_retries_total: counter("requests"),
  gateway_route_reloads_total: counter("tables", ["result"]),
  gateway_upstream_connections: gauge("connections", ["upstream", "state"]),
  gateway_upstream_waiting_requests: gauge("requests", ["upstream"]),
  gateway_client_connections: gauge("connections"),
  gateway_requests_in_flight: gauge("requests"),
  gateway_tunnels: gauge("tunnels"),
  gateway_tunnel_bytes_total: counter("bytes", ["direction"]),
  gateway_log_lines_dropped_total: counter("lines"),
  gateway_spans_total: counter("spans", ["result"], "with platform:observability.otlp"),
  gateway_build_info: gauge("state", ["version", "node"]),
  gateway_workers: gauge("processes"),
  nodejs_eventloop_delay_seconds: gauge("seconds", ["quantile"]),
  nodejs_heap_size_used_bytes: gauge("bytes"),
  nodejs_external_memory_bytes: gauge("bytes"),
  nodejs_active_resources: gauge("resources"),
});

/** Of each consumer group that is watched: one whose service does not come back by itself after Kafka was away. */
const consumerWatch = from("consumer-watch", {
  beat_consumer_group_members: gauge("members", ["service", "group"]),
  beat_consumer_group_lag: gauge("records", ["service", "group", "topic"]),
  beat_consumer_group_stalled_seconds: gauge("seconds", ["service", "group"]),
  beat_consumer_restarts_total: counter("restarts", ["service", "group"]),
  beat_consumer_kafka_answers: gauge("state", ["service", "group"]),
});

/** On an engine; a cluster's backups are jobs, of which kube-state-metrics tells. */
const backups = from("backup-metrics", {
  beat_backup_last_success_timestamp_seconds: gauge("seconds", ["source"], "once it was saved"),
  beat_backup_last_end_timestamp_seconds: gauge("seconds", ["source"], "once a backup has ended"),
  beat_backup_last_ok: gauge("state", ["source"], "once a backup has ended"),
  beat_backup_drill_last_success_timestamp_seconds: gauge("seconds", ["source"], "once it was tried"),
  beat_backup_drill_last_ok: gauge("state", ["source"], "once a drill has ended"),
  /** Of a source without a good backup its age counts from here. */
  beat_backup_since_timestamp_seconds: gauge("seconds"),
  beat_disk_size_bytes: gauge("bytes"),
  beat_disk_available_bytes: gauge("bytes"),
});

/**
 * Of danielqsj/kafka-exporter, without Kafka's own topics. It remembers the last brokers that it heard of: once the only one is
 * gone, `kafka_brokers` stays, and what is gone is kafka_topic_partition_current_offset.
 */
const kafka = from("kafka-exporter", {
  kafka_brokers: gauge("brokers"),
  kafka_topic_partitions: gauge("partitions", ["topic"]),
  kafka_topic_partition_current_offset: gauge("records", ["topic", "partition"]),
  kafka_topic_partition_oldest_offset: gauge("records", ["topic", "partition"]),
  kafka_topic_partition_leader: gauge("state", ["topic", "partition"]),
  kafka_topic_partition_replicas: gauge("replicas", ["topic", "partition"]),
  kafka_topic_partition_in_sync_replica: gauge("replicas", ["topic", "partition"]),
  kafka_topic_partition_under_replicated_partition: gauge("state", ["topic", "partition"]),
  kafka_consumergroup_members: gauge("members", ["consumergroup"]),
  kafka_consumergroup_current_offset: gauge("records", ["consumergroup", "topic", "partition"]),
  kafka_consumergroup_current_offset_sum: gauge("records", ["consumergroup", "topic"]),
  kafka_consumergroup_lag: gauge("records", ["consumergroup", "topic", "partition"]),
  kafka_consumergroup_lag_sum: gauge("records", ["consumergroup", "topic"]),
});

/**
 * Of prometheuscommunity/postgres-exporter. Connections are counted by database, which is by service: its stat_activity has a label
 * that clients choose (`application_name`), so it is off.
 */
const postgres = from("postgres-exporter", {
  pg_up: gauge("state"),
  pg_database_size_bytes: gauge("bytes", ["datname"]),
  pg_settings_max_connections: gauge("connections"),
  pg_settings_superuser_reserved_connections: gauge("connections"),
  pg_stat_database_numbackends: gauge("connections", ["datid", "datname"]),
  pg_stat_database_xact_commit: counter("transactions", ["datid", "datname"]),
  pg_stat_database_xact_rollback: counter("transactions", ["datid", "datname"]),
  pg_stat_database_deadlocks: counter("deadlocks", ["datid", "datname"]),
  pg_stat_database_blks_hit: counter("blocks", ["datid", "datname"]),
  pg_stat_database_blks_read: counter("blocks", ["datid", "datname"]),
  pg_stat_database_temp_bytes: counter("bytes", ["datid", "datname"]),
  pg_locks_count: gauge("locks", ["datname", "mode"]),
  pg_long_running_transactions: gauge("transactions"),
  /** The age of the oldest one in seconds, whatever its name says. */
  pg_long_running_transactions_oldest_timestamp_seconds: gauge("seconds"),
  pg_stat_checkpointer_num_timed_total: counter("checkpoints"),
  pg_stat_checkpointer_num_requested_total: counter("checkpoints"),
  pg_stat_checkpointer_write_time_total: counter("milliseconds"),
  pg_wal_size_bytes: gauge("bytes"),
  pg_postmaster_start_time_seconds: gauge("seconds"),
});

/** Of percona/mongodb_exporter, in its compatible mode, whose names have stayed the same since its first version. */
const mongo = from("mongo-exporter", {
  mongodb_up: gauge("state", ["cluster_role"]),
  mongodb_connections: gauge("connections", ["state"]),
  mongodb_op_counters_total: counter("operations", ["type"]),
  mongodb_memory: gauge("MiB", ["type"]),
  mongodb_instance_uptime_seconds: gauge("seconds"),
  mongodb_dbstats_dataSize: gauge("bytes", ["database", "cl_id", "cl_role"]),
  mongodb_dbstats_storageSize: gauge("bytes", ["database", "cl_id", "cl_role"]),
  mongodb_mongod_replset_my_state: gauge("state", ["set"], "in a replica set"),
  mongodb_mongod_replset_number_of_members: gauge("members", ["set"], "in a replica set"),
  mongodb_members_health: gauge("state", ["member_idx", "member_state"], "in a replica set"),
  mongodb_members_state: gauge("state", ["member_idx", "member_state"], "in a replica set"),
  mongodb_mongod_replset_member_replication_lag: gauge(
    "seconds",
    ["name", "state", "set", "self"],
    "in a replica set of several members with a primary",
  ),
});

/** Of oliver006/redis_exporter. */
const redis = from("redis-exporter", {
  redis_up: gauge("state"),
  redis_memory_used_bytes: gauge("bytes"),
  redis_memory_max_bytes: gauge("bytes"),
  redis_evicted_keys_total: counter("keys"),
  redis_expired_keys_total: counter("keys"),
  redis_rejected_connections_total: counter("connections"),
  redis_connected_clients: gauge("connections"),
  redis_config_maxclients: gauge("connections"),
  redis_blocked_clients: gauge("connections"),
  redis_commands_processed_total: counter("commands"),
  redis_commands_total: counter("commands", ["cmd"]),
  redis_keyspace_hits_total: counter("keys"),
  redis_keyspace_misses_total: counter("keys"),
  redis_db_keys: gauge("keys", ["db"]),
  redis_aof_enabled: gauge("state"),
  redis_aof_last_write_status: gauge("state"),
  redis_aof_last_bgrewrite_status: gauge("state"),
  redis_aof_current_size_bytes: gauge("bytes"),
  redis_loading_dump_file: gauge("state"),
  redis_uptime_in_seconds: gauge("seconds"),
});

/** What whoever scrapes a cluster mostly has already. */
const kubelet = from("kubelet", {
  container_cpu_usage_seconds_total: counter("seconds", ["namespace", "pod", "container"]),
  container_memory_working_set_bytes: gauge("bytes", ["namespace", "pod", "container"]),
  kubelet_volume_stats_available_bytes: gauge("bytes", ["namespace", "persistentvolumeclaim"]),
  kubelet_volume_stats_capacity_bytes: gauge("bytes", ["namespace", "persistentvolumeclaim"]),
});
const kubeState = from("kube-state-metrics", {
  kube_pod_container_status_restarts_total: counter("restarts", ["namespace", "pod", "container"]),
  kube_pod_container_resource_limits: gauge("bytes or cores", [
    "namespace",
    "pod",
    "container",
    "resource",
    "unit",
  ]),
  kube_pod_status_ready: gauge("state", ["namespace", "pod", "condition"]),
  kube_cronjob_status_last_successful_time: gauge(
    "seconds",
    ["namespace", "cronjob"],
    "once a job of it has succeeded",
  ),
  kube_cronjob_created: gauge("seconds", ["namespace", "cronjob"]),
  kube_job_status_failed: gauge("pods", ["namespace", "job_name"]),
  kube_job_failed: gauge("state", ["namespace", "job_name", "condition"], "once a job has failed for good"),
  kube_job_created: gauge("seconds", ["namespace", "job_name"]),
});
const certManager = from("cert-manager", {
  certmanager_certificate_expiration_timestamp_seconds: gauge(
    "seconds",
    ["name"],
    "where it makes the certificates",
  ),
});

/** Of every endpoint that is scraped, on both targets: its `job` is the workload's name, e.g. `gateway` or `postgres-exporter`. */
const scraper = from("scraper", {
  up: gauge("state", ["job"]),
});

const all = {
  ...gateway,
  ...consumerWatch,
  ...backups,
  ...kafka,
  ...postgres,
  ...mongo,
  ...redis,
  ...kubelet,
  ...kubeState,
  ...certManager,
  ...scraper,
};

/** Every metric that alerts and dashboards may use: its name, what it counts, its labels and who tells it. */
export const metrics: Readonly<Record<MetricName, Metric>> = all;

/** The name of a metric. */
export type MetricName = keyof typeof all;

/** The names of metrics, in the order in which they are declared. */
export const metricNames = Object.keys(metrics) as MetricName[];

/** What is known of a metric. */
export const metricOf = (name: MetricName): Metric => metrics[name];

/** The metrics that a source tells. */
export const metricsOf = (source: MetricSource): MetricName[] =>
  metricNames.filter((name) => metricOf(name).source === source);
