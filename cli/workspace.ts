import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  type ConfigMap,
  LocalWorkspace,
  PulumiCommand,
  type Stack,
  StackNotFoundError,
  type Workspace,
} from "@pulumi/pulumi/automation/index.js";
import { parseSettings, refuseShownSecrets } from "../config/settings/parse.ts";
import type { Settings } from "../config/settings/schema.ts";
import { InputError } from "../core/problems.ts";
import { engineEnvironment } from "../infra/engine/address.ts";
import { movedTarget } from "../infra/operate/moved.ts";
import { inForce, type StackState, type StateResource } from "../infra/operate/stack-state.ts";
import { program, projectRoot } from "../stacks/program.ts";
import { beatDirectory, stackFiles, unknown, unreadableFile } from "./clone.ts";
import { lockedProblem, locksIn } from "./lock.ts";
import { type OpenedStack, openOrMake, refused } from "./new-stack.ts";
import { say } from "./output.ts";
import { dropUnused, passphraseFile, pulumiEnvironment } from "./passphrase.ts";
import { apart } from "./pulumi-apart.ts";
import { stateRefusal } from "./state-refusal.ts";
import { whole } from "./whole-program.ts";

/** The Pulumi CLI this project is developed with; an installed one of another version is used as it is. */
export const pulumiVersion = "3.259.0";

/** The Pulumi CLI: the one on PATH, or one installed into `.beat/pulumi`. */
export async function findPulumi(install: boolean): Promise<PulumiCommand> {
  try {
    return await PulumiCommand.get();
  } catch {
    const root = join(beatDirectory, "pulumi");
    try {
      return await PulumiCommand.get({ root });
    } catch {
      const missing = (message: string) =>
        new InputError("Pulumi cannot be run", [
          {
            path: "pulumi",
            message,
            fix: "install it (https://www.pulumi.com/docs/install) and have it on PATH",
          },
        ]);
      if (!install) throw missing("is not on PATH");
      say(`beat: installing Pulumi ${pulumiVersion} into .beat/pulumi`);
      const { SemVer } = await import("semver");
      try {
        return await PulumiCommand.install({ root, version: new SemVer(pulumiVersion) });
      } catch (error) {
        throw missing(`is not on PATH and could not be installed (${firstLine(error)})`);
      }
    }
  }
}

/** The first line of an error's message. */
export const firstLine = (error: unknown): string =>
  String(error instanceof Error ? error.message : error).split("\n", 1)[0] ?? "";

/**
 * What Pulumi refuses before it changes anything, in words that name the mend; undefined when it is something else.
 * @param error what an Automation API call threw.
 */
export function pulumiRefusal(error: unknown, stack: string): InputError | undefined {
  const text = String(error);
  if (/incorrect passphrase/.test(text))
    return new InputError("the stack's secrets cannot be read", [
      {
        path: "PULUMI_CONFIG_PASSPHRASE",
        message: "is not the passphrase the stack was made with",
        fix: "set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to that, or put it into .beat/passphrase",
      },
    ]);
  if (/currently locked by/.test(text))
    return new InputError("the stack is in use", [lockedProblem(stack, locksIn(text))]);
  const [, fault] = /invalid YAML file: (?:yaml: )?([^\n]+)/.exec(text) ?? [];
  if (fault !== undefined) return unreadableFile(stack, fault);
  if (error instanceof StackNotFoundError) return new InputError("there is no such stack", [unknown(stack)]);
  return stateRefusal(text, stack);
}

/** A stack with what was read of it when it was opened. */
export interface OpenStack extends OpenedStack {
  readonly settings: Settings;
  /** The state, where it was asked for. */
  readonly state: StackState | undefined;
}

/**
 * The stack of a name. The same program as `pulumi up` runs, in this process.
 * @param needs `create`: make it when it is new and has a file of settings, so that a name that was mistyped makes nothing;
 * `state`: read that too.
 * @throws {InputError} when Pulumi, the passphrase or valid settings are missing.
 */
export async function openStack(
  name: string,
  engine: string | undefined,
  needs: { readonly create: boolean; readonly state: boolean },
): Promise<OpenStack> {
  const pulumiCommand = await findPulumi(true);
  const hadPassphrase = existsSync(passphraseFile);
  const envVars = await pulumiEnvironment(name, pulumiCommand);
  const madePassphrase = !hadPassphrase && envVars.PULUMI_CONFIG_PASSPHRASE_FILE === passphraseFile;
  Object.assign(envVars, engineEnvironment(engine));
  const workspace = await LocalWorkspace.create({
    workDir: projectRoot,
    pulumiCommand: apart(pulumiCommand),
    envVars,
    program: whole(program),
  });
  // While the CLI answers there is time to load what the program of a container engine needs.
  if (needs.state) setImmediate(() => import("../stacks/docker.ts").catch(() => undefined));
  // Each question starts the CLI anew, so they are asked side by side. A new stack answers them once it is made.
  const [opened, config, state] = await Promise.allSettled([
    openOrMake(workspace, name, needs.create && stackFiles().includes(name)),
    workspace.getAllConfig(name),
    needs.state ? stateOf(workspace, name) : undefined,
  ]);
  const dropPassphrase = () => (madePassphrase ? dropUnused(workspace) : undefined);
  if (opened.status === "rejected") {
    await dropPassphrase();
    throw opened.reason;
  }
  // What was read while Pulumi made the stack may be half of it: it writes the file of settings anew.
  const { made } = opened.value;
  const unmake = async () => {
    await opened.value.unmake();
    await dropPassphrase();
  };
  try {
    return {
      ...opened.value,
      unmake,
      settings: settingsIn(
        config.status === "fulfilled" && !made ? config.value : await workspace.getAllConfig(name),
      ),
      state: state.status === "fulfilled" && !made ? state.value : await stateOf(workspace, name),
    };
  } catch (error) {
    const moved = await elsewhere(workspace, name, config);
    throw await refused(name, { made, unmake }, moved ?? error);
  }
}

/** A stack that changes its target by mistake: its other settings are those of the right one, and no fault of their own. */
async function elsewhere(
  workspace: Workspace,
  stack: string,
  config: PromiseSettledResult<ConfigMap>,
): Promise<InputError | undefined> {
  if (config.status === "rejected") return undefined;
  const target = config.value["platform:target"]?.value === "kubernetes" ? "kubernetes" : "docker";
  const { resources } = await stateOf(workspace, stack).catch(() => ({ resources: [] }));
  const moved = movedTarget(resources, { target, stack });
  return moved && new InputError("the stack cannot be brought up here", [moved]);
}

/** A stack's settings as they are now. @throws {InputError} with every problem. */
export async function settingsOf(stack: Stack): Promise<Settings> {
  return settingsIn(await stack.getAllConfig());
}

/** @throws {InputError} with every problem. */
function settingsIn(config: ConfigMap): Settings {
  refuseShownSecrets(Object.keys(config).filter((key) => config[key]?.secret));
  return parseSettings(
    Object.fromEntries(Object.entries(config).map(([key, { value }]) => [key, value])),
    process.env,
  );
}

/** Reads a stack's state, secrets included. */
export async function stateOf(workspace: Workspace, name: string): Promise<StackState> {
  const { deployment } = (await workspace.exportStack(name)) as {
    deployment: {
      resources?: StateResource[];
      pending_operations?: { resource: { urn: string }; type: string }[];
    } | null;
  };
  return {
    resources: deployment?.resources ?? [],
    pending: (deployment?.pending_operations ?? []).map(
      ({ resource, type }) => `${type} ${resource.urn.split("::").pop()}`,
    ),
  };
}

/** The secrets that a state keeps: resources of type Stash by name. */
export function keptSecrets(state: StackState | undefined): Map<string, string> {
  return new Map(
    inForce(state?.resources ?? []).flatMap(({ type, urn, outputs }) => {
      const kept = (outputs?.output as { plaintext?: string } | undefined)?.plaintext;
      if (type !== "pulumi:index:Stash" || kept === undefined) return [];
      return [[urn.split("::").pop() as string, JSON.parse(kept) as string]];
    }),
  );
}
