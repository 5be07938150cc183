import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stack, StackNotFoundError, type Workspace } from "@pulumi/pulumi/automation/index.js";
import { projectRoot } from "../stacks/program.ts";

/** A stack, and how a command that came to nothing takes it back. */
export interface OpenedStack {
  readonly stack: Stack;
  /**
   * Takes back a stack that this command made, and what Pulumi wrote into its file of settings: a salt, and its own way to write
   * YAML. Nothing is done to one that was there before, or that holds something by now.
   */
  unmake(): Promise<void>;
}

/** Opens a stack. @param make whether a new one is made. @throws {StackNotFoundError} when it is not there and is not made. */
export async function openOrMake(workspace: Workspace, name: string, make: boolean): Promise<OpenedStack> {
  try {
    return { stack: await Stack.select(name, workspace), unmake: async () => {} };
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
    return { stack: await Stack.create(name, workspace), unmake };
  } catch (error) {
    writeFileSync(file, before);
    throw error;
  }
}
