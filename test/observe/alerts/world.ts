import { latencyBoundsMs } from "../../../config/define/budget.ts";
import { routeTable } from "../../../config/routes.ts";
import { readersOf } from "../../../infra/observe/alerts/kafka.ts";
import type { Subject } from "../../../infra/observe/alerts/rule.ts";
import { type SeriesName, seriesOf } from "../../../infra/observe/promql.ts";
import { backupSources } from "../../../infra/workloads/backup-sources.ts";

/** A value at each step; step 0 is when something goes wrong, and before it all is well. */
export type Course = (step: number) => number | undefined;
type Labels = Readonly<Record<string, string>>;

/** What every counter has counted long before: none begins at nothing. */
const longAgo = 1_000;

/** A gauge that stays. */
export const stays =
  (value: number): Course =>
  () =>
    value;
/** One course, and another one once something goes wrong. */
export const thenGoes =
  (before: Course, after: Course): Course =>
  (step) =>
    step < 0 ? before(step) : after(step);
/** A counter that grows evenly, and by something else once something goes wrong. */
export const growsThen = (by: number, later: number, from = 0): Course =>
  thenGoes(
    (step) => from + by * (longAgo + step),
    (step) => from + by * longAgo + later * step,
  );
/** A counter that grows evenly. */
export const grows = (by: number, from = 0): Course => growsThen(by, by, from);

/** What a store of metrics holds of a stack. */
export class World {
  readonly #series = new Map<string, Course>();
  readonly #subject: Subject;

  constructor(subject: Subject) {
    this.#subject = subject;
    healthy(subject, this);
  }

  /** Says how a series goes; what was said before is forgotten. @throws when no metric has it, or not these labels. */
  set(name: SeriesName, labels: Labels, course: Course): void {
    const known = seriesOf(name).labels;
    const unknown = Object.keys(labels).filter((label) => !known.includes(label));
    if (unknown.length > 0) throw new Error(`${name} has no label ${unknown.join(", ")}`);
    this.#series.set(this.#named(name, labels), course);
  }

  /** There is no such series. */
  remove(name: SeriesName, labels: Labels = {}): void {
    if (!this.#series.delete(this.#named(name, labels))) throw new Error(`there is no ${name}`);
  }

  /** As a test file has it. @param before how many steps all is well. @param after how many follow. */
  inputs(before: number, after: number): { series: string; values: string }[] {
    return [...this.#series].map(([series, course]) => ({
      series,
      values: notation((step) => course(step - before), before + after),
    }));
  }

  #named(name: string, labels: Labels): string {
    const added = this.#subject.settings.target === "kubernetes" ? { namespace: "shop", pod: "p-0" } : {};
    const all = Object.entries({ ...added, instance: "i", ...labels }).sort(([a], [b]) => (a < b ? -1 : 1));
    return `${name}{${all.map(([label, value]) => `${label}=${JSON.stringify(value)}`).join(",")}}`;
  }
}

/** Runs of even steps in one word each. Source: Prometheus, "Unit testing for rules", series. */
function notation(course: Course, steps: number): string {
  const values = Array.from({ length: steps + 1 }, (_, step) => course(step));
  const words: string[] = [];
  for (let at = 0; at < values.length; ) {
    const first = values[at];
    if (first === undefined) {
      words.push("_");
      at++;
      continue;
    }
    const by = (values[at + 1] ?? first) - first;
    let count = 0;
    while (values[at + count + 1] !== undefined && values[at + count + 1] === first + by * (count + 1))
      count++;
    words.push(count === 0 ? String(first) : `${first}${by < 0 ? "-" : "+"}${Math.abs(by)}x${count}`);
    at += count + 1;
  }
  return words.join(" ");
}

/** Requests of a route in a step of half a minute. */
export const requests = 30;

/** A stack that does its work: on each route a request a second, one in a thousand an error, all fast. */
function healthy(subject: Subject, world: World): void {
  const { platform, settings } = subject;
  for (const { name: route, rate_limit } of routeTable(platform).services) {
    world.set("gateway_requests_total", { route, status: "2xx" }, grows(requests));
    world.set("gateway_requests_total", { route, status: "4xx" }, grows(1));
    world.set("gateway_requests_total", { route, status: "5xx" }, (step) =>
      Math.floor((longAgo + step) / 33),
    );
    slowness(world, route, () => 0);
    if (rate_limit !== undefined)
      world.set("gateway_refusals_total", { route, reason: "rate_limited" }, grows(0.1));
  }
  world.set("gateway_refusals_total", { route: "none", reason: "no_route" }, grows(20));
  world.set("gateway_connections_refused_total", { reason: "client" }, grows(1));
  world.set("gateway_route_reloads_total", { result: "ok" }, grows(0));
  world.set("gateway_route_reloads_total", { result: "failed" }, stays(0));
  world.set("gateway_log_lines_dropped_total", {}, stays(0));
  world.set("gateway_spans_total", { result: "sent" }, grows(60));
  world.set("gateway_spans_total", { result: "dropped" }, (step) => Math.floor((longAgo + step) / 20));
  world.set("gateway_build_info", { version: "1", node: "24" }, stays(1));
  world.set("nodejs_eventloop_delay_seconds", { quantile: "0.99" }, stays(0.021));
  for (const topic of Object.keys(platform.topics)) {
    world.set("kafka_topic_partition_current_offset", { topic, partition: "0" }, grows(3, 100));
    world.set("kafka_topic_partition_under_replicated_partition", { topic, partition: "0" }, stays(0));
  }
  const brokers = settings.target === "kubernetes" ? settings.kubernetes.kafka.brokers : 1;
  world.set("kafka_brokers", {}, stays(brokers));
  for (const { service, group, watched } of readersOf(subject)) {
    world.set("kafka_consumergroup_members", { consumergroup: group }, stays(1));
    for (const topic of platform.services[service]?.needs.kafka?.consumes ?? []) {
      const labels = { consumergroup: group, topic, partition: "0" };
      world.set("kafka_consumergroup_current_offset", labels, grows(3, 99));
      world.set("kafka_consumergroup_lag", labels, stays(1));
    }
    if (!watched) continue;
    world.set("beat_consumer_group_members", { service, group }, stays(1));
    world.set("beat_consumer_group_stalled_seconds", { service, group }, stays(0));
    world.set("beat_consumer_restarts_total", { service, group }, stays(0));
    world.set("beat_consumer_kafka_answers", { service, group }, stays(1));
  }
  stores(subject, world);
  if (settings.target === "kubernetes") cluster(subject, world);
  else engine(subject, world);
}

/** How many of a route's requests take longer than any budget, of those of a step. */
export function slowness(world: World, route: string, slow: Course): void {
  const total = grows(requests);
  world.set("gateway_upstream_seconds_count", { route }, total);
  for (const bound of latencyBoundsMs)
    world.set("gateway_upstream_seconds_bucket", { route, le: String(bound / 1000) }, (step) =>
      bound < 50 ? 0 : (total(step) ?? 0) - (slow(step) ?? 0),
    );
}

function stores(subject: Subject, world: World): void {
  world.set("pg_up", {}, stays(1));
  world.set("pg_settings_max_connections", {}, stays(300));
  world.set("pg_settings_superuser_reserved_connections", {}, stays(3));
  world.set("pg_long_running_transactions", {}, stays(0));
  world.set("pg_long_running_transactions_oldest_timestamp_seconds", {}, stays(0));
  for (const datname of ["auth_service", "core_service"]) {
    world.set("pg_stat_database_numbackends", { datid: datname, datname }, stays(20));
    world.set("pg_stat_database_deadlocks", { datid: datname, datname }, stays(2));
  }
  world.set("redis_up", {}, stays(1));
  world.set("redis_memory_used_bytes", {}, stays(40e6));
  world.set("redis_memory_max_bytes", {}, stays(160e6));
  world.set("redis_evicted_keys_total", {}, stays(0));
  world.set("redis_aof_enabled", {}, stays(1));
  world.set("redis_aof_last_write_status", {}, stays(1));
  world.set("redis_aof_last_bgrewrite_status", {}, stays(1));
  world.set("redis_connected_clients", {}, stays(30));
  world.set("redis_config_maxclients", {}, stays(10_000));
  world.set("redis_rejected_connections_total", {}, stays(0));
  world.set("mongodb_up", { cluster_role: "mongod" }, stays(1));
  world.set("mongodb_connections", { state: "current" }, stays(20));
  world.set("mongodb_connections", { state: "available" }, stays(800));
  if (subject.settings.target === "docker") return;
  for (const member_idx of ["m-0", "m-1", "m-2"]) {
    const member_state = member_idx === "m-0" ? "PRIMARY" : "SECONDARY";
    world.set("mongodb_members_health", { member_idx, member_state }, stays(1));
    world.set("mongodb_members_state", { member_idx, member_state }, stays(member_idx === "m-0" ? 1 : 2));
    if (member_idx !== "m-0")
      world.set(
        "mongodb_mongod_replset_member_replication_lag",
        { name: member_idx, state: "SECONDARY", set: "rs0", self: "" },
        stays(1),
      );
  }
}

/** Names that its backups go by. */
export const backupsIn = ({ platform, settings }: Subject) =>
  backupSources(platform, settings, (workload, member) => `${workload}-${member}`);

function engine(subject: Subject, world: World): void {
  world.set("beat_disk_size_bytes", {}, stays(500e9));
  world.set("beat_disk_available_bytes", {}, (step) => 300e9 - (longAgo + step) * 1e6);
  world.set("beat_backup_since_timestamp_seconds", {}, stays(0));
  for (const { source } of backupsIn(subject)) {
    world.set("beat_backup_last_ok", { source }, stays(1));
    world.set("beat_backup_drill_last_ok", { source }, stays(1));
    world.set("beat_backup_last_success_timestamp_seconds", { source }, stays(0));
    world.set("beat_backup_drill_last_success_timestamp_seconds", { source }, stays(0));
  }
}

function cluster(subject: Subject, world: World): void {
  const persistentvolumeclaim = "data-postgres-0";
  const namespace = "shop";
  world.set("kubelet_volume_stats_capacity_bytes", { namespace, persistentvolumeclaim }, stays(20e9));
  world.set("kubelet_volume_stats_available_bytes", { namespace, persistentvolumeclaim }, stays(15e9));
  const container = { namespace, pod: "postgres-0", container: "postgres" };
  world.set("kube_pod_container_status_restarts_total", container, stays(1));
  world.set(
    "kube_pod_container_resource_limits",
    { ...container, resource: "memory", unit: "byte" },
    stays(512e6),
  );
  world.set("container_memory_working_set_bytes", container, stays(300e6));
  for (const job of new Set(backupsIn(subject).map((each) => each.job))) {
    world.set("kube_cronjob_created", { namespace, cronjob: job }, stays(0));
    world.set("kube_cronjob_status_last_successful_time", { namespace, cronjob: job }, stays(0));
  }
  world.set("certmanager_certificate_expiration_timestamp_seconds", { name: "shop-tls" }, stays(60 * 86_400));
}
