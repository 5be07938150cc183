import type { Stack } from "@pulumi/pulumi/automation/index.js";
import type Docker from "dockerode";
import type { PlatformModel } from "../config/define.ts";
import { InputError } from "../config/problems.ts";
import type { Settings } from "../config/settings.ts";
import { stackPrefix } from "../infra/docker/target.ts";
import { loadDefinition, projectRoot } from "../stacks/program.ts";
import { type Check, checkDisk, checkEngine, checkImages, checkLeftovers, checkPorts } from "./doctor.ts";
import { checkPlugin, checkPulumi } from "./doctor-pulumi.ts";
import { engineAddress, openEngine } from "./engine.ts";
import { openStack, settingsOf, stateOf } from "./workspace.ts";

/** What a command works with. */
export interface Session {
  readonly name: string;
  readonly stack: Stack;
  readonly settings: Settings;
  readonly platform: PlatformModel;
  readonly engine: Docker;
  readonly address: string | undefined;
  /** Name prefix of the stack on the engine. */
  readonly prefix: string;
}

/** Opens a stack with its settings and definition. @throws {InputError} when one of them is not valid. */
export async function openSession(name: string): Promise<Session> {
  const found = engineAddress();
  const stack = await openStack(name, found);
  const settings = await settingsOf(stack);
  const address = settings.engine ?? found;
  const platform = await loadDefinition(settings.definition);
  const engine = openEngine(address);
  return { name, stack, settings, platform, engine, address, prefix: stackPrefix(platform.name, name) };
}

/** Looks at everything that `up` needs; changes nothing. */
export async function examine(session: Session): Promise<Check[]> {
  const { engine, address, settings, platform, prefix, stack } = session;
  const first = await checkEngine(engine, address);
  const machine = [
    first,
    checkPulumi(stack.workspace.pulumiCommand),
    await checkPlugin(),
    await checkDisk(projectRoot),
  ];
  if (!first.ok) return machine;
  return [
    ...machine,
    await checkLeftovers(engine, prefix, await stateOf(stack)),
    ...(await checkPorts(engine, settings, prefix)),
    ...(await checkImages(engine, platform, settings)),
  ];
}

/** Refuses to go on when a check failed. @throws {InputError} with every failed check and its mend. */
export function insist(checks: readonly Check[]): void {
  const problems = checks.flatMap(({ problem }) => (problem === undefined ? [] : [problem]));
  if (problems.length > 0) throw new InputError("the stack cannot be brought up here", problems);
}
