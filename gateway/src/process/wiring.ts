import type { RouteTable } from "../../../config/route-table.ts";
import type { Gateway } from "../gateway.ts";
import type { AccessLog } from "../observe/access-log.ts";
import { type Metrics, merge, type Snapshot } from "../observe/metrics.ts";
import { createMetricsServer } from "../observe/metrics-server.ts";
import { processSource } from "../observe/sources.ts";
import type { Gates } from "../policy/gates.ts";
import type { Settings } from "../settings.ts";
import { listen } from "./listen.ts";

export { StartError } from "./start-error.ts";

/** What becomes of a changed routing table: taken over, or refused with the old one kept. */
export type ReloadResult = "reloaded" | "kept";

/**
 * Figures of one process as plain JSON: they cross from worker to primary as a message, so only who makes them and who
 * prints them, {@link wireMetrics}, says what they are.
 */
export interface MetricsWiring {
  /** The figures of this process now. */
  snapshot(): unknown;
  /**
   * Adds what stays of a worker that is gone, its counters without its gauges, so that a total never falls.
   * @param total of the workers that went before.
   */
  retire(total: unknown, last: unknown): unknown;
  /** Opens the metrics port; called once, in the only process or in the primary. `gather` never rejects. */
  listen(gather: () => Promise<readonly unknown[]>): Promise<{ close(): void }>;
  /** Counts a reload. */
  reload(result: ReloadResult): void;
}

/** All that the process layer needs to know of the gateway it runs. */
export interface Wiring {
  readonly settings: Settings;
  readonly log: AccessLog;
  /** Builds the data path; `createGateway`. */
  readonly start: (table: RouteTable, gates?: Gates) => Gateway;
  readonly metrics?: MetricsWiring;
  /** Sends what is gathered elsewhere, at the end. */
  readonly finish?: () => Promise<void>;
}

/** Serves the metrics of all processes on their port; undefined when no port is set. */
export function wireMetrics(
  metrics: Metrics,
  settings: Settings,
  version: string,
): MetricsWiring | undefined {
  const { metricsPort, host } = settings;
  if (metricsPort === undefined) return undefined;
  metrics.observe(processSource(version));
  return {
    snapshot: () => metrics.snapshot(),
    // A dead worker's totals must not be lost, its connections and memory are.
    retire: (total: Snapshot = [], last: Snapshot) =>
      merge([total, last.filter(({ type }) => type !== "gauge")]),
    async listen(gather: () => Promise<readonly Snapshot[]>) {
      const server = createMetricsServer(gather);
      await listen(server, { host, port: metricsPort }, {}, "GATEWAY_METRICS_PORT");
      return server;
    },
    reload(result) {
      if (result === "reloaded") metrics.reloads.ok++;
      else metrics.reloads.failed++;
    },
  };
}
