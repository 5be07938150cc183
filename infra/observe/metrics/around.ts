import { counter, from, gauge } from "./metric.ts";

/** What whoever scrapes a cluster mostly has already. */
export const kubelet = from("kubelet", {
  container_cpu_usage_seconds_total: counter("seconds", ["namespace", "pod", "container"]),
  container_memory_working_set_bytes: gauge("bytes", ["namespace", "pod", "container"]),
  kubelet_volume_stats_available_bytes: gauge("bytes", ["namespace", "persistentvolumeclaim"]),
  kubelet_volume_stats_capacity_bytes: gauge("bytes", ["namespace", "persistentvolumeclaim"]),
});
/** Of kube-state-metrics. */
export const kubeState = from("kube-state-metrics", {
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
export const certManager = from("cert-manager", {
  certmanager_certificate_expiration_timestamp_seconds: gauge(
    "seconds",
    ["name"],
    "where it makes the certificates",
  ),
});

/** Of every endpoint that is scraped, on both targets: its `job` is the workload's name, e.g. `gateway` or `postgres-exporter`. */
export const scraper = from("scraper", {
  up: gauge("state", ["job"]),
});
