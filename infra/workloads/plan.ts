import type { PlatformModel } from "../../config/define/model.ts";
import type { Settings } from "../../config/settings/schema.ts";
import { deepFreeze } from "../../core/freeze.ts";
import { InputError } from "../../core/problems.ts";
import type { Role, Workload } from "../../core/workload.ts";
import type { Ground } from "./ground.ts";
import { gateway } from "./of-gateway.ts";
import { provisioners } from "./of-provisioners.ts";
import { services } from "./of-services.ts";
import { allStores } from "./of-stores.ts";

/** Changes a workload of a stack before its target sees it; the module named by `platform:transform` exports one. */
export type Transform = (workload: Workload) => Workload;

/**
 * Everything that runs of a platform, in the order in which it starts.
 * @throws {InputError} when a stack's transform gives something that is no workload, or another one.
 */
export function workloadsOf(
  platform: PlatformModel,
  settings: Settings,
  ground: Ground,
  transform?: Transform,
): Workload[] {
  const running = services(platform, settings, ground);
  const stores = allStores(platform, settings, ground);
  const all = [
    ...stores.filter(({ role }) => role === "store"),
    ...provisioners(platform, settings, ground),
    ...running,
    gateway(platform, settings, ground, running),
    ...stores.filter(({ role }) => role === "tool"),
  ];
  const made = transform === undefined ? all : all.map((workload) => transformed(workload, transform));
  if (ground.kind === "engine") for (const workload of made) insistOnOne(workload);
  return made;
}

/** An engine runs one container of each: more would have one name, and one volume. */
function insistOnOne({ name, members }: Workload): void {
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

/** What a transform may not change: others know the workload by it. */
const fixed = ["role", "name", "host", "after", "restartWith"] as const;

function transformed(workload: Workload, transform: Transform): Workload {
  const refusal = (message: string, fix: string): InputError =>
    new InputError("the stack's transform cannot be used", [
      { path: "platform:transform", message: `${workload.name}: ${message}`, fix },
    ]);
  // Frozen: a change in place of what it was given would be lost on some targets and not on others.
  const given = deepFreeze(workload);
  let result: unknown;
  try {
    result = transform(given);
  } catch (error) {
    throw refusal(`it throws: ${(error as Error).message}`, "return { ...workload, … } for what is changed");
  }
  if (typeof result !== "object" || result === null || "then" in result)
    throw refusal(`it gives ${describe(result)}`, "return the workload, changed or as it was");
  const made = result as Workload;
  const lacking = Object.keys(workload).filter((key) => !(key in made));
  if (lacking.length > 0)
    throw refusal(`its ${lacking.join(", ")} is gone`, "return { ...workload, … } with what is changed");
  const changed = fixed.filter((key) => JSON.stringify(made[key]) !== JSON.stringify(workload[key]));
  if (changed.length > 0)
    throw refusal(
      `it changes ${changed.join(", ")}, by which others know it`,
      "change that in the definition or the store",
    );
  return made;
}

const describe = (value: unknown): string =>
  typeof value === "object" && value !== null ? "a promise" : String(value);

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
