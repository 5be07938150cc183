import type { Stack } from "@pulumi/pulumi/automation/index.js";
import type Docker from "dockerode";
import type { PlatformModel } from "../config/define.ts";
import { InputError } from "../config/problems.ts";
import type { Settings } from "../config/settings.ts";
import { stackPrefix } from "../infra/docker/target.ts";
import { loadDefinition, projectRoot } from "../stacks/program.ts";
import {
  bad,
  type Check,
  checkDisk,
  checkEngine,
  checkImages,
  checkLeftovers,
  checkPorts,
} from "./doctor.ts";
import { checkPlugin, checkPulumi } from "./doctor-pulumi.ts";
import { engineAddress, openEngine } from "./engine.ts";
import { openStack, refusalOf, type StackState, stateOf } from "./workspace.ts";

/** What a command works with. */
export interface Session {
  readonly name: string;
  readonly stack: Stack;
  readonly settings: Settings;
  /** The state as it was when the stack was opened, where it was needed. */
  readonly state: StackState | undefined;
  readonly platform: PlatformModel;
  readonly engine: Docker;
  readonly address: string | undefined;
  /** Name prefix of the stack on the engine. */
  readonly prefix: string;
}

/** What a command cannot do without. */
export interface SessionNeeds {
  /** Make the stack when it is new. */
  readonly create: boolean;
  /** A container engine that answers. */
  readonly engine: boolean;
  /** The stack's state. */
  readonly state?: boolean;
}

/** Opens a stack with its settings and definition. @throws {InputError} when one of them is not valid. */
export async function openSession(name: string, needs: SessionNeeds): Promise<Session> {
  const found = engineAddress();
  const { stack, settings, state } = await openStack(name, found, {
    create: needs.create,
    state: needs.state ?? false,
  });
  const address = settings.engine ?? found;
  const platform = await loadDefinition(settings.definition);
  const engine = openEngine(address);
  if (needs.engine) insist([await checkEngine(engine, address)], "the container engine cannot be reached");
  const prefix = stackPrefix(platform.name, name);
  return { name, stack, settings, state, platform, engine, address, prefix };
}

/** Looks at everything that `up` needs; changes nothing. */
export async function examine(session: Session): Promise<Check[]> {
  const { engine, address, settings, platform, prefix, stack } = session;
  const machine = await Promise.all([
    checkEngine(engine, address),
    checkPulumi(stack.workspace.pulumiCommand),
    checkPlugin(),
    checkDisk(projectRoot),
  ]);
  if (!machine[0].ok) return machine;
  const state = session.state ?? (await stateOf(stack.workspace, session.name));
  const [leftovers, ports, images] = await Promise.all([
    checkLeftovers(engine, prefix, state),
    checkPorts(engine, settings, prefix),
    checkImages(engine, platform, settings),
  ]);
  return [...machine, leftovers, ...ports, ...images];
}

/**
 * Looks at everything that `up` needs, also where a stack cannot be opened, for want of Pulumi, a passphrase or valid
 * settings: then those are problems beside the others.
 */
export async function diagnose(name: string): Promise<Check[]> {
  try {
    const session = await openSession(name, { create: true, engine: false, state: true });
    return await examine(session);
  } catch (thrown) {
    const error = thrown instanceof InputError ? thrown : refusalOf(thrown, name);
    if (error === undefined) throw thrown;
    const address = engineAddress();
    return [
      await checkEngine(openEngine(address), address),
      await checkPlugin(),
      await checkDisk(projectRoot),
      ...error.problems.map((problem) => bad(problem.path, problem)),
    ];
  }
}

/** Refuses to go on when a check failed. @throws {InputError} with every failed check and its mend. */
export function insist(checks: readonly Check[], what = "the stack cannot be brought up here"): void {
  const problems = checks.flatMap(({ problem }) => (problem === undefined ? [] : [problem]));
  if (problems.length > 0) throw new InputError(what, problems);
}
