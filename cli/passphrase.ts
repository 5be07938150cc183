import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PulumiCommand, Workspace } from "@pulumi/pulumi/automation/index.js";
import { execa } from "execa";
import { InputError } from "../core/problems.ts";
import { projectRoot } from "../stacks/program.ts";
import { beatDirectory, stackFiles, unknown } from "./clone.ts";

/** The passphrase that was made for this clone. */
export const passphraseFile = join(beatDirectory, "passphrase");

/** The environment that Pulumi runs with: the caller's, and a passphrase made for this clone when there is none and a Pulumi. */
export async function pulumiEnvironment(
  stack: string,
  pulumi: PulumiCommand | undefined,
): Promise<Record<string, string>> {
  const env: Record<string, string> = { PULUMI_SKIP_UPDATE_CHECK: "true" };
  const given = process.env.PULUMI_CONFIG_PASSPHRASE ?? process.env.PULUMI_CONFIG_PASSPHRASE_FILE;
  if (given !== undefined) return env;
  if (!existsSync(passphraseFile)) {
    if (pulumi === undefined) return env;
    await requireNew(stack, pulumi);
    mkdirSync(beatDirectory, { recursive: true });
    writeFileSync(passphraseFile, `${randomBytes(24).toString("base64url")}\n`, { mode: 0o600 });
  }
  env.PULUMI_CONFIG_PASSPHRASE_FILE = passphraseFile;
  return env;
}

/**
 * A new passphrase is for a stack that nobody has encrypted with another one.
 * @throws {InputError} when somebody has, by its file or by its state, or when there is no such stack.
 */
async function requireNew(stack: string, { command }: PulumiCommand): Promise<void> {
  const other = (where: string) =>
    new InputError("the stack's secrets cannot be read", [
      {
        path: "PULUMI_CONFIG_PASSPHRASE",
        message: `is not set, and ${where} was encrypted with a passphrase that this clone does not have`,
        fix: "set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE, or put the passphrase into .beat/passphrase",
      },
    ]);
  const config = join(projectRoot, `Pulumi.${stack}.yaml`);
  if (existsSync(config) && /^encryptionsalt:/m.test(readFileSync(config, "utf8")))
    throw other(`Pulumi.${stack}.yaml`);
  // The file may have lost its salt; the state has it as well, and tells it without a passphrase.
  const { stdout, exitCode } = await execa(command, ["stack", "export", "--stack", stack], {
    cwd: projectRoot,
    reject: false,
    stdin: "ignore",
  });
  if (exitCode !== 0) {
    if (!existsSync(config)) throw new InputError("there is no such stack", [unknown(stack)]);
    return;
  }
  const { deployment } = JSON.parse(stdout) as {
    deployment?: { secrets_providers?: { type?: string } } | null;
  };
  if (deployment?.secrets_providers?.type === "passphrase") throw other(`the state of ${stack}`);
}

/**
 * Takes back a passphrase that this command made for a stack that came to nothing, unless another has it by now.
 */
export async function dropUnused(workspace: Workspace): Promise<void> {
  const stacks = await workspace.listStacks().catch(() => undefined);
  const since = statSync(passphraseFile, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const used = stackFiles()
    .map((name) => join(workspace.workDir, `Pulumi.${name}.yaml`))
    .some((each) => statSync(each).mtimeMs >= since && /^encryptionsalt:/m.test(readFileSync(each, "utf8")));
  if (stacks?.length === 0 && !used) rmSync(passphraseFile, { force: true });
}
