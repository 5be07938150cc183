import { counter, from, gauge } from "./metric.ts";

/**
 * Of danielqsj/kafka-exporter, without Kafka's own topics. It remembers the last brokers that it heard of: once the only one is
 * gone, `kafka_brokers` stays, and what is gone is kafka_topic_partition_current_offset.
 */
export const kafka = from("kafka-exporter", {
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
export const postgres = from("postgres-exporter", {
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
export const mongo = from("mongo-exporter", {
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
export const redis = from("redis-exporter", {
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
