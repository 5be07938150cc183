import { deepFreeze } from "../../core/freeze.ts";
import { InputError } from "../../core/problems.ts";
import { asValue, Value } from "../../core/value.ts";
import type { Workload } from "../../core/workload.ts";

/** Changes a workload of a stack before its target sees it; the module named by `platform:transform` exports one. */
export type Transform = (workload: Workload) => Workload;

/** What a transform may not change: others know the workload by it. */
const fixed = ["role", "name", "host", "dependsOn", "restartWith"] as const;

/**
 * A workload as a stack changes it.
 * @throws {InputError} when that is no workload, or another one.
 */
export function transformed(workload: Workload, transform: Transform): Workload {
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
  const made = withValues(result as Workload);
  const lacking = Object.keys(workload).filter((key) => !(key in made));
  if (lacking.length > 0)
    throw refusal(`its ${lacking.join(", ")} is gone`, "return { ...workload, … } with what is changed");
  const faults = faultsOf(made);
  if (faults.length > 0) throw refusal(faults.join("; "), "see the fields in core/workload.ts");
  const changed = fixed.filter((key) => JSON.stringify(made[key]) !== JSON.stringify(workload[key]));
  if (changed.length > 0)
    throw refusal(
      `it changes ${changed.join(", ")}, by which others know it`,
      "change that in the definition or the store",
    );
  return made;
}

/** With texts and numbers of its environment as values. */
const withValues = (workload: Workload): Workload => ({
  ...workload,
  ...(typeof workload.env === "object" &&
    workload.env !== null && {
      env: Object.fromEntries(
        Object.entries(workload.env as Readonly<Record<string, unknown>>).map(([name, value]) => [
          name,
          typeof value === "string" || typeof value === "number" ? asValue(value) : (value as Value),
        ]),
      ),
    }),
});

/** What a module that no compiler has seen can get wrong. */
function faultsOf(workload: Workload): string[] {
  const positive = (value: unknown): boolean =>
    typeof value === "number" && Number.isInteger(value) && value > 0;
  return [
    ...Object.keys(workload)
      .filter((key) => !(key in fields))
      .map((key) => `${key} is no field of a workload`),
    ...(["memoryMiB", "stopGraceSeconds"] as const)
      .filter((key) => !positive(workload[key]))
      .map((key) => `${key} must be a whole number above 0, and is ${JSON.stringify(workload[key])}`),
    ...(["files", "endpoints", "volumes"] as const)
      .filter((key) => !Array.isArray(workload[key]))
      .map((key) => `${key} must be a list`),
    ...Object.entries(workload.env ?? {})
      .filter(([, value]) => !(value instanceof Value))
      .map(([name]) => `env.${name} must be a text, a number or a value`),
  ];
}

/** Every field of a workload; the compiler names one that is missing here. */
const fields: Readonly<Record<keyof Workload, true>> = {
  role: true,
  name: true,
  host: true,
  aliases: true,
  image: true,
  entrypoint: true,
  args: true,
  env: true,
  files: true,
  endpoints: true,
  volumes: true,
  scratch: true,
  health: true,
  afterStart: true,
  memoryMiB: true,
  sharedMemoryMiB: true,
  cpu: true,
  ephemeralStorageMiB: true,
  members: true,
  stopGraceSeconds: true,
  deadlineSeconds: true,
  dependsOn: true,
  restartWith: true,
  user: true,
  readOnlyRoot: true,
  withoutCapabilities: true,
  sidecars: true,
  placement: true,
};

const describe = (value: unknown): string =>
  typeof value === "object" && value !== null ? "a promise" : String(value);
