import { readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Workspace } from "@pulumi/pulumi/automation/index.js";

/**
 * Takes back a passphrase that this command made for a stack that came to nothing, unless another has it by now.
 * @param names the stacks that have a file of settings.
 */
export async function dropUnused(
  file: string,
  workspace: Workspace,
  names: readonly string[],
): Promise<void> {
  const stacks = await workspace.listStacks().catch(() => undefined);
  const since = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const used = names
    .map((name) => join(workspace.workDir, `Pulumi.${name}.yaml`))
    .some((each) => statSync(each).mtimeMs >= since && /^encryptionsalt:/m.test(readFileSync(each, "utf8")));
  if (stacks?.length === 0 && !used) rmSync(file, { force: true });
}
