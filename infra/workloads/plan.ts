import type { PlatformModel } from "../../config/model.ts";
import type { Settings } from "../../config/settings.ts";
import type { Role, Workload } from "../../core/workload.ts";
import type { Ground } from "./ground.ts";
import { gateway } from "./of-gateway.ts";
import { provisioners } from "./of-provisioners.ts";
import { services } from "./of-services.ts";
import { allStores } from "./of-stores.ts";

/** Changes a workload of a stack before its target sees it; the module named by `platform:transform` exports one. */
export type Transform = (workload: Workload) => Workload;

/** Everything that runs of a platform, in the order in which it starts. */
export function workloadsOf(
  platform: PlatformModel,
  settings: Settings,
  ground: Ground,
  transform: Transform = (workload) => workload,
): Workload[] {
  const running = services(platform, settings, ground);
  const stores = allStores(platform, settings, ground);
  return [
    ...stores.filter(({ role }) => role === "store"),
    ...provisioners(platform, settings, ground),
    ...running,
    gateway(platform, settings, ground, running),
    ...stores.filter(({ role }) => role === "tool"),
  ].map(transform);
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
