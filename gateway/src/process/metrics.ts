import { type Metrics, merge, type Snapshot } from "../observe/metrics.ts";
import { createMetricsServer } from "../observe/metrics-server.ts";
import { processSource } from "../observe/sources.ts";
import type { Settings } from "../settings.ts";
import { listen } from "./listen.ts";
import type { MetricsWiring } from "./wiring.ts";

/** Serves the metrics of all processes on their port; undefined when no port is set. */
export function wireMetrics(
  metrics: Metrics,
  settings: Settings,
  version: string,
): MetricsWiring<Snapshot> | undefined {
  const { metricsPort, host } = settings;
  if (metricsPort === undefined) return undefined;
  metrics.observe(processSource(version));
  return {
    snapshot: () => metrics.snapshot(),
    // A dead worker's totals must not be lost, its connections and memory are.
    retire: (total = [], last) => merge([total, last.filter(({ type }) => type !== "gauge")]),
    async listen(gather) {
      const server = createMetricsServer(async () => [...(await gather())]);
      await listen(server, { host, port: metricsPort }, {}, "GATEWAY_METRICS_PORT");
      return server;
    },
    reload(result) {
      if (result === "reloaded") metrics.reloads.ok++;
      else metrics.reloads.failed++;
    },
  };
}
