import type { PlatformModel } from "../../config/define/model.ts";
import { InputError } from "../../core/problems.ts";
import type { Role, Workload } from "../../core/workload.ts";
import { backupMetricsWorkloads } from "./of-backup-metrics.ts";
import { backupWorkloads } from "./of-backups.ts";
import { dashboardsWorkloads } from "./of-dashboards.ts";
import { exporterWorkloads } from "./of-exporters.ts";
import { gatewayWorkload } from "./of-gateway.ts";
import { provisionerWorkloads, retirements } from "./of-provisioners.ts";
import { serviceWorkloads, watchWorkloads } from "./of-services.ts";
import { storeWorkloads } from "./of-stores.ts";
import type { Runtime } from "./runtime.ts";
import { type Transform, transformed } from "./transform.ts";

export type { Transform } from "./transform.ts";

/**
 * Everything that runs of a platform, in the order in which it starts. A cluster's backups are
 * no part of it: they are CronJobs (`infra/kubernetes/deploy/backups.ts`).
 * @throws {InputError} when a stack's transform gives something that is no workload, or another one.
 */
export function workloadsOf(platform: PlatformModel, runtime: Runtime, transform?: Transform): Workload[] {
  const running = serviceWorkloads(platform, runtime);
  const leaving = retirements(platform, runtime);
  const stores = storeWorkloads(platform, runtime).map((store) => {
    const first = leaving.find(({ store: host }) => host === store.host);
    return first === undefined ? store : { ...store, dependsOn: [...store.dependsOn, first.workload.host] };
  });
  const all = [
    ...leaving.map(({ workload }) => workload),
    ...stores.filter(({ role }) => role === "store"),
    ...provisionerWorkloads(platform, runtime),
    ...running,
    gatewayWorkload(platform, runtime, running),
    ...watchWorkloads(platform, runtime),
    ...stores.filter(({ role }) => role === "tool"),
    ...exporterWorkloads(platform, runtime),
    ...(runtime.kind === "engine" ? backupWorkloads(platform, runtime) : []),
    ...(runtime.kind === "engine" ? backupMetricsWorkloads(platform, runtime) : []),
  ];
  if (runtime.kind === "engine") all.push(...dashboardsWorkloads(platform, runtime, all));
  const made = transform === undefined ? all : all.map((workload) => transformed(workload, transform));
  if (runtime.kind === "engine") for (const workload of made) requireSingle(workload);
  return made;
}

/** An engine runs one container of each: more would have one name, and one volume. */
function requireSingle({ name, members }: Workload): void {
  const wanted = "stateful" in members ? members.stateful : "replicas" in members ? members.replicas : 1;
  if (wanted !== 1 || ("autoscale" in members && members.autoscale !== undefined))
    throw new InputError("the stack's workloads cannot run on an engine", [
      {
        path: "platform:transform",
        message: `${name}: ${wanted} are asked for, and an engine runs one of each`,
        fix: "leave members as they are, or use a stack on a cluster",
      },
    ]);
}

/** The workloads of a role. */
export const ofRole = (workloads: readonly Workload[], role: Role): Workload[] =>
  workloads.filter((workload) => workload.role === role);

/** The pages and addresses that a person may open on the engine's machine, by name. */
export function pagesOf(workloads: readonly Workload[], host: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    workloads.flatMap(({ endpoints }) =>
      endpoints
        .filter(({ page, published }) => page !== undefined && typeof published === "number")
        .map(({ page, published }) => [page, `http://${host}:${published}`]),
    ),
  );
}
