import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stack, StackNotFoundError, type Workspace } from "@pulumi/pulumi/automation/index.js";
import { InputError, type Problem } from "../core/problems.ts";
import { projectRoot } from "../stacks/program.ts";

/** A stack, and how a command that came to nothing takes it back. */
export interface OpenedStack {
  readonly stack: Stack;
  /** This command made it. */
  readonly made: boolean;
  /**
   * Takes back a stack that this command made, and what Pulumi wrote into its file of settings: a salt, and its own way to write
   * YAML. Nothing is done to one that was there before, or that holds something by now.
   */
  unmake(): Promise<void>;
}

/** Opens a stack. @param make whether a new one is made. @throws {StackNotFoundError} when it is not there and is not made. */
export async function openOrMake(workspace: Workspace, name: string, make: boolean): Promise<OpenedStack> {
  try {
    return { stack: await Stack.select(name, workspace), made: false, unmake: async () => {} };
  } catch (error) {
    if (!make || !(error instanceof StackNotFoundError)) throw error;
  }
  const file = join(projectRoot, `Pulumi.${name}.yaml`);
  const before = readFileSync(file);
  const unmake = async () => {
    // Refused by Pulumi where a run has left resources. It removes the file, too.
    const removed = await workspace.removeStack(name).then(
      () => true,
      () => false,
    );
    if (removed) writeFileSync(file, before);
  };
  try {
    return { stack: await Stack.create(name, workspace), made: true, unmake };
  } catch (error) {
    writeFileSync(file, before);
    throw error;
  }
}

/** Takes a stack back that a command made and that was refused. @returns what is thrown of it. */
export async function refused(
  name: string,
  { made, unmake }: Omit<OpenedStack, "stack">,
  error: unknown,
): Promise<unknown> {
  await unmake();
  return made && error instanceof InputError
    ? new InputError(error.what, beforeMade(name, error.problems))
    : error;
}

/** Problems of a stack that is not there any more when they are told: Pulumi's commands know it only once it is made. */
export function beforeMade(name: string, problems: readonly Problem[]): Problem[] {
  const renamed = /^pulumi stack rename (\S+) --stack \S+?,.*$/;
  const first = problems.findIndex(({ fix }) => fix.includes("pulumi config"));
  const way = `${name} is not made yet: write it into Pulumi.${name}.yaml, or first: eval "$(./beat env --stack ${name})" && pulumi stack init ${name}`;
  return problems.map((problem, index) => ({
    ...problem,
    fix: `${problem.fix.replace(renamed, `mv Pulumi.${name}.yaml Pulumi.$1.yaml, and then --stack $1`)}${index === first ? `; ${way}` : ""}`,
  }));
}
