import type { PlatformModel } from "../../config/define/model.ts";
import { type BackupPlan, backupsOf } from "../../config/settings/backups.ts";
import { asValue, secretOf } from "../../core/value.ts";
import type { Workload } from "../../core/workload.ts";
import { storeHosts } from "../../stores/index.ts";
import { uploadsPath } from "../../stores/uploads.ts";
import { type BackupSource, backupSources } from "./backup-sources.ts";
import { type EngineRuntime, stackEnvironment } from "./runtime.ts";
import { scheduleScript, schedulingFile } from "./schedule.ts";

/*
 * An engine's half. A cluster's: `infra/kubernetes/deploy/backups.ts`. How one store is saved: its own `backup.ts` in `stores/`, gathered
 * by `backup-sources.ts`.
 */

/** The volume of an engine that backups are written to. */
export const backupsVolume = "backups";

/**
 * What saves a stack on an engine: a container for each store and for the volumes of each service, since each store has its
 * tools in its own image. All of them wait for the schedule. A cluster has CronJobs instead.
 */
export function backupWorkloads(
  platform: PlatformModel,
  { settings, stack }: Pick<EngineRuntime, "settings" | "stack">,
): Workload[] {
  const plan = backupsOf(settings);
  if (plan === undefined) return [];
  return backupSources(platform, settings, undefined).map((saved) => backup(saved, plan, stack));
}

function backup(saved: BackupSource, plan: BackupPlan, stack: string | undefined): Workload {
  const { component, image, parts, password, kind, service } = saved;
  return {
    role: "backup",
    name: component,
    host: component,
    image: { catalogue: image },
    entrypoint: ["bash"],
    args: ["/run/backup/schedule.sh"],
    env: stackEnvironment(stack),
    files: [
      {
        name: component,
        volume: "backup",
        directory: "/run/backup",
        files: {
          "backup.sh": asValue(saved.script({ keepDays: plan.keepDays, drillDays: plan.drillDays })),
          "schedule.sh": asValue(scheduleScript(plan)),
        },
      },
      ...(password === undefined
        ? []
        : [
            {
              name: component,
              volume: "login",
              directory: "/run/secrets/backup",
              files: { password: secretOf(password) },
            },
          ]),
    ],
    endpoints: [],
    health: { ready: { shell: `test -e ${schedulingFile}` }, everySeconds: 5, startupSeconds: 30 },
    volumes: [
      { name: backupsVolume, path: "/backups", kept: true },
      ...(service === undefined ? [] : parts.map((name) => ({ name, path: uploadsPath(name) }))),
    ],
    memoryMiB: 256,
    members: { replicas: 1 },
    stopGraceSeconds: 10,
    dependsOn: kind === undefined ? [] : [storeHosts[kind]],
    restartWith: [],
    // Files of a service belong to whomever it runs as: only root with its capabilities reads all of them.
    ...(service === undefined && { withoutCapabilities: true }),
  };
}
