import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as pulumi from "@pulumi/pulumi";
import type { PlatformModel } from "../config/define/model.ts";
import { parseSettings, refuseShownSecrets } from "../config/settings/parse.ts";
import { withoutLogins } from "../core/logins.ts";
import { InputError } from "../core/problems.ts";
import { onStack } from "../core/stack-commands.ts";
import { ownState } from "../infra/graph/own-state.ts";
import { movedTarget } from "../infra/operate/moved.ts";
import type { Transform } from "../infra/workloads/plan.ts";
import { inputProblems } from "./input-problems.ts";

/** The project's root folder. */
export const projectRoot = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");

/**
 * The Pulumi program: reads the stack's settings, loads the platform definition and deploys it. `pulumi up` and
 * `./beat up` both run this.
 * @throws {pulumi.RunError} with readable text when settings or definition are not valid; nothing is registered then.
 */
export async function program(): Promise<Record<string, unknown>> {
  try {
    return await registered();
  } catch (error) {
    // A RunError is shown without a stack trace: this is the user's input, not our code.
    if (error instanceof InputError)
      throw new pulumi.RunError(onStack(withoutLogins(error.message), pulumi.getStack()));
    throw error;
  }
}

/**
 * The same for callers of our own.
 * @throws {InputError} when settings or definition are not valid.
 */
export async function registered(): Promise<Record<string, unknown>> {
  const config = pulumi.runtime.allConfig();
  refuseShownSecrets(secretKeys());
  const state = await ownState(projectRoot);
  const target = config["platform:target"] === "kubernetes" ? "kubernetes" : "docker";
  const stack = pulumi.getStack();
  // Of a stack that changes its target by mistake the other settings are those of the right one.
  const elsewhere = movedTarget(state, { target, stack });
  if (elsewhere !== undefined) throw new InputError("the stack cannot be brought up here", [elsewhere]);
  const settings = parseSettings(config, process.env);
  const platform = await loadDefinition(settings.definition);
  const problems = inputProblems({ platform, settings, stack, root: projectRoot, state });
  if (problems.length > 0) throw new InputError("the stack cannot be brought up here", problems);
  const transform = await loadTransform(settings.transform);
  const args = { platform, stack, root: projectRoot, state, transform };
  // Each target's provider is half a second of loading: only the one in use.
  return settings.target === "kubernetes"
    ? await (await import("./kubernetes.ts")).deployToCluster({ ...args, settings })
    : await (await import("./docker.ts")).deployToEngine({ ...args, settings });
}

/** The keys that were set with `--secret`, as the engine tells a program; its SDK has no call for this. */
const secretKeys = (): string[] => JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS ?? "[]") as string[];

/**
 * The platform definition of a stack: `config/platform.ts`, or the default export of the named module.
 * @param module path from the project's root.
 */
export async function loadDefinition(module: string | undefined): Promise<PlatformModel> {
  const found = await loadModule(
    module ?? "config/platform.ts",
    "platform:definition",
    "the platform definition cannot be loaded",
  );
  if (typeof found === "object" && found !== null) return found as PlatformModel;
  throw new InputError("the platform definition cannot be loaded", [
    {
      path: "platform:definition",
      message: `${module} has no default export`,
      fix: "export default definePlatform({ … })",
    },
  ]);
}

/**
 * What a stack changes of its workloads: the default export of the named module, a function from a workload to a workload.
 * @param module path from the project's root; undefined when the stack changes nothing.
 */
export async function loadTransform(module: string | undefined): Promise<Transform | undefined> {
  if (module === undefined) return undefined;
  const what = "the stack's transform cannot be loaded";
  const found = await loadModule(module, "platform:transform", what);
  if (typeof found === "function") return found as Transform;
  throw new InputError(what, [
    {
      path: "platform:transform",
      message: `${module} exports no function by default`,
      fix: "export default (workload) => ({ ...workload, … })",
    },
  ]);
}

/** The default export of a module. @throws {InputError} when it cannot be loaded. */
async function loadModule(module: string, setting: string, what: string): Promise<unknown> {
  try {
    const loaded = (await import(pathToFileURL(resolve(projectRoot, module)).href)) as { default?: unknown };
    return loaded.default;
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(what, [
      {
        path: setting,
        message: `${module}: ${(error as Error).message}`,
        fix: "correct the path or the module",
      },
    ]);
  }
}
