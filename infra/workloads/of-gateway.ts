import type { PlatformModel } from "../../config/define/model.ts";
import { routeTable } from "../../config/routes.ts";
import { trustedProxiesOf } from "../../config/settings/front.ts";
import { gatewayName } from "../../core/names.ts";
import { metricsPort } from "../../core/ports.ts";
import { asValue, text } from "../../core/value.ts";
import type { Workload } from "../../core/workload.ts";
import type { Runtime } from "./runtime.ts";
import { telemetryOf } from "./telemetry.ts";

const routesDirectory = "/etc/beat";

/** Its metrics are read inside the platform's network alone: no port of a machine leads there. */
const metrics = { GATEWAY_METRICS_PORT: String(metricsPort) };
const monitored = { name: "metrics", port: metricsPort, scope: "monitoring" } as const;

/**
 * The gateway. On an engine its table is part of its image, and it starts beside the services: it is healthy once each of
 * them answers through it. On a cluster the table is mounted, and it starts after them.
 */
export function gatewayWorkload(
  platform: PlatformModel,
  runtime: Runtime,
  services: readonly Workload[],
): Workload {
  const { settings } = runtime;
  const { port, memoryMiB, stopGraceSeconds } = platform.gateway;
  const table = JSON.stringify(routeTable(platform, settings.cors), undefined, 2);
  const proxies = trustedProxiesOf(settings);
  const trusted: Record<string, string> =
    proxies.length > 0 ? { GATEWAY_TRUSTED_PROXIES: proxies.join(",") } : {};
  const telemetry = telemetryOf(platform, runtime, gatewayName, "http/json");
  const common = {
    role: "gateway",
    name: gatewayName,
    host: gatewayName,
    aliases: ["proxy"],
    volumes: [],
    memoryMiB,
    stopGraceSeconds,
    restartWith: [],
  } as const;
  if (runtime.kind === "engine")
    return {
      ...common,
      image: { program: "gateway", files: { "routes.json": `${table}\n` } },
      env: { ...text({ PROXY_PORT: String(port), ...metrics, ...trusted }), ...telemetry },
      files: [],
      endpoints: [{ name: "http", port, published: runtime.settings.ports.gateway }, monitored],
      health: {
        ready: { exec: ["node", "/app/gateway.mjs", "health"], rests: true },
        startupSeconds: slowestStart(platform),
      },
      members: { replicas: 1 },
      readOnlyRoot: true,
      withoutCapabilities: true,
      dependsOn: [...new Set(services.flatMap(({ dependsOn }) => dependsOn))],
    };
  const { cpu, replicas, autoscale } = runtime.settings.kubernetes.gateway;
  return {
    ...common,
    image: { program: "gateway" },
    env: {
      ...text({
        // Both families: a cluster may have either, or both.
        PROXY_HOST: "::",
        PROXY_PORT: String(port),
        GATEWAY_ROUTES: `${routesDirectory}/routes.json`,
        ...metrics,
        ...trusted,
      }),
      ...telemetry,
    },
    files: [
      {
        name: "gateway-routes",
        volume: "routes",
        directory: routesDirectory,
        files: { "routes.json": asValue(table) },
      },
    ],
    endpoints: [{ name: "http", port }, monitored],
    scratch: [{ name: "tmp", path: "/tmp" }],
    // Not `ready`: one upstream that is down must not take the whole gateway out of its Service.
    health: { ready: { http: "/_gateway/health", port }, startupSeconds: 30, everySeconds: 1 },
    cpu,
    members: { replicas, autoscale },
    deadlineSeconds: 240,
    dependsOn: services.map(({ host }) => host),
  };
}

/** The gateway is ready when the slowest service is, seconds. */
const slowestStart = (platform: PlatformModel): number =>
  Math.max(60, ...Object.values(platform.services).map(({ health }) => health.startupSeconds));
