import type { Workload } from "../../core/workload.ts";

/** Where a program tells its metrics, at {@link metricsPath}. */
export interface Monitored {
  /** The workload that tells them. */
  readonly workload: string;
  readonly host: string;
  readonly port: number;
  /** What the port is called. */
  readonly endpoint: string;
  /** The container of its pod that tells them, where that is not its own; an engine knows no pods. */
  readonly sidecar?: string;
}

/** The path at which metrics are told. Source: Prometheus, "Configuration", metrics_path. */
export const metricsPath = "/metrics";

/** All that tells metrics of what runs: every endpoint of scope "monitoring". */
export const monitoredOf = (workloads: readonly Workload[]): Monitored[] =>
  workloads.flatMap(({ name, host, endpoints, sidecars = [] }) => [
    ...endpoints
      .filter(({ scope }) => scope === "monitoring")
      .map(({ name: endpoint, port }) => ({ workload: name, host, port, endpoint })),
    ...sidecars
      .filter(({ endpoint }) => endpoint.scope === "monitoring")
      .map(({ name: sidecar, endpoint: { name: endpoint, port } }) => ({
        workload: name,
        host,
        port,
        endpoint,
        sidecar,
      })),
  ]);
