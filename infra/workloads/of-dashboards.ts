import { stringify } from "yaml";
import type { PlatformModel } from "../../config/define/model.ts";
import { dashboardsHost, dashboardsPorts, observabilityOf } from "../../config/settings/observability.ts";
import { asValue, text, type Value } from "../../core/value.ts";
import type { FileSet, Workload } from "../../core/workload.ts";
import { ruleGroups } from "../observe/alerts/all.ts";
import { dashboardFiles } from "../observe/dashboard-files.ts";
import { subjectOf } from "../observe/subject.ts";
import { metricsPath, monitoredOf } from "./monitored.ts";
import type { EngineRuntime } from "./runtime.ts";

/*
 * grafana/otel-lgtm: Grafana, Prometheus, Tempo, Loki and a collector of OpenTelemetry in one container, "intended for development,
 * demo, and testing environments" (grafana/docker-otel-lgtm, README). It has no volume: what it was told goes with it.
 */

/** Where the image has its own files. Source: grafana/docker-otel-lgtm, README, "Customize backend configuration". */
const home = "/otel-lgtm";
/** Of which Grafana reads each file. Source: the same, docker/Dockerfile, where grafana-dashboards.yaml is copied to. */
const providers = `${home}/grafana/conf/provisioning/dashboards`;
/** Ours, in folders that the image does not have. */
const own = { dashboards: `${home}/beat/dashboards`, rules: `${home}/beat/rules` } as const;
/** Opened first. Source: Grafana, "Configure Grafana", default_home_dashboard_path. */
const first = "overview.json";

/**
 * The container with dashboards of a stack for development: it takes traces, reads all metrics, judges them by the stack's alerts, and
 * shows all that.
 * @param others what runs beside it.
 */
export function dashboardsWorkloads(
  platform: PlatformModel,
  { settings, stack = "dev" }: Pick<EngineRuntime, "settings" | "stack">,
  others: readonly Workload[],
): Workload[] {
  if (!observabilityOf(settings).dev) return [];
  const subject = subjectOf(platform, settings, stack);
  const dashboards = dashboardFiles(subject);
  return [
    {
      role: "tool",
      name: dashboardsHost,
      host: dashboardsHost,
      image: { catalogue: "otelLgtm" },
      env: text({
        // It asks nobody for a password, on an address of this machine alone, and tells nobody outside of it.
        GF_ANALYTICS_REPORTING_ENABLED: "false",
        GF_ANALYTICS_CHECK_FOR_UPDATES: "false",
        ...(first in dashboards && {
          GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH: `${own.dashboards}/${first}`,
        }),
      }),
      files: [
        fileSet("dashboards-scrape", home, { "prometheus.yaml": prometheus(others) }),
        fileSet("dashboards-rules", own.rules, {
          "alerts.yaml": stringify({ groups: ruleGroups(subject) }, { aliasDuplicateObjects: false }),
        }),
        fileSet("dashboards-provider", providers, { "beat.yaml": provider(platform) }),
        ...(Object.keys(dashboards).length === 0
          ? []
          : [fileSet("dashboards-boards", own.dashboards, dashboards)]),
      ],
      endpoints: [
        {
          name: "http",
          port: dashboardsPorts.page,
          published: settings.ports.dashboards,
          page: "dashboards",
        },
        { name: "otlp", port: dashboardsPorts.otlp },
      ],
      volumes: [],
      health: {
        ready: { http: "/api/health", port: dashboardsPorts.page, tool: "bash" },
        startupSeconds: 180,
      },
      memoryMiB: 1536,
      members: { replicas: 1 },
      // Its own programs have five seconds: grafana/docker-otel-lgtm, README, "Configure the shutdown timeout".
      stopGraceSeconds: 10,
      dependsOn: [],
      restartWith: [],
    },
  ];
}

const fileSet = (name: string, directory: string, files: Readonly<Record<string, string>>): FileSet => ({
  name,
  volume: name.replace("dashboards-", ""),
  directory,
  files: Object.fromEntries(
    Object.entries(files).map(([file, content]): [string, Value] => [file, asValue(content)]),
  ),
});

/**
 * What the image's own docker/prometheus.yaml says, and whom to ask for metrics. Source: Prometheus, "Configuration".
 */
const prometheus = (others: readonly Workload[]): string =>
  stringify({
    global: { scrape_interval: "15s", evaluation_interval: "15s", scrape_native_histograms: true },
    otlp: {
      keep_identifying_resource_attributes: true,
      promote_resource_attributes: [
        "service.instance.id",
        "service.name",
        "service.namespace",
        "service.version",
        "deployment.environment.name",
      ],
    },
    storage: { tsdb: { out_of_order_time_window: "10m" } },
    rule_files: [`${own.rules}/*.yaml`],
    scrape_configs: monitoredOf(others).map(({ workload, host, port }) => ({
      job_name: workload,
      metrics_path: metricsPath,
      static_configs: [{ targets: [`${host}:${port}`] }],
    })),
  });

/** Source: Grafana, "Provision Grafana", dashboards. */
const provider = ({ name }: PlatformModel): string =>
  stringify({
    apiVersion: 1,
    providers: [{ name, folder: name, type: "file", options: { path: own.dashboards } }],
  });
