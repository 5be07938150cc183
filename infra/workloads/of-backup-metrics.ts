import type { PlatformModel } from "../../config/define/model.ts";
import { backupsOf } from "../../config/settings/backups.ts";
import { observabilityOf } from "../../config/settings/observability.ts";
import { backupMetricsName } from "../../core/names.ts";
import { backupMetricsPort } from "../../core/ports.ts";
import { text } from "../../core/value.ts";
import type { Workload } from "../../core/workload.ts";
import { backupSources } from "./backup-sources.ts";
import { backupsVolume } from "./of-backups.ts";
import type { EngineRuntime } from "./runtime.ts";

/** What tells a scraper of an engine's backups, where something reads metrics. A cluster tells of its jobs itself. */
export function backupMetricsWorkloads(platform: PlatformModel, { settings }: EngineRuntime): Workload[] {
  if (backupsOf(settings) === undefined || !observabilityOf(settings).metrics) return [];
  const sources = backupSources(platform, settings, undefined).map(({ source }) => source);
  const port = backupMetricsPort;
  return [
    {
      role: "tool",
      name: backupMetricsName,
      host: backupMetricsName,
      image: { program: "provision" },
      args: ["backups"],
      env: text({ BACKUP_SOURCES: sources.join(","), BACKUP_METRICS_PORT: String(port) }),
      files: [],
      endpoints: [{ name: "metrics", port, scope: "monitoring" }],
      volumes: [{ name: backupsVolume, path: "/backups", kept: true }],
      health: { ready: { http: "/", port, tool: "wget" }, startupSeconds: 60 },
      memoryMiB: 96,
      members: { replicas: 1 },
      stopGraceSeconds: 5,
      dependsOn: [],
      restartWith: [],
      // Who saves is root, and nobody else may read what was saved.
      user: { uid: 0 },
      readOnlyRoot: true,
      withoutCapabilities: true,
    },
  ];
}
