import { counter, from, gauge, histogram } from "./metric.ts";

/** Of the gateway; its own names are in gateway/src/observe/metrics.ts. */
export const gateway = from("gateway", {
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
export const consumerWatch = from("consumer-watch", {
  beat_consumer_group_members: gauge("members", ["service", "group"]),
  beat_consumer_group_lag: gauge("records", ["service", "group", "topic"]),
  beat_consumer_group_stalled_seconds: gauge("seconds", ["service", "group"]),
  beat_consumer_restarts_total: counter("restarts", ["service", "group"]),
  beat_consumer_kafka_answers: gauge("state", ["service", "group"]),
});

/** On an engine; a cluster's backups are jobs, of which kube-state-metrics tells. */
export const backups = from("backup-metrics", {
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
