import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { StackNotFoundError } from "@pulumi/pulumi/automation/index.js";
import { parse } from "yaml";
import { requiredSecrets } from "../../config/environment.ts";
import { parseSettings, refuseShownSecrets } from "../../config/settings/parse.ts";
import { signingKeyName } from "../../core/names.ts";
import { InputError } from "../../core/problems.ts";
import { missingSecrets } from "../../infra/secrets/problems.ts";
import { makePrivateKey } from "../../infra/secrets/values.ts";
import { loadDefinition, projectRoot } from "../../stacks/program.ts";
import { unreadableFile } from "../clone.ts";
import { beforeMade } from "../new-stack.ts";
import { keptSecrets, openStack, pulumiRefusal } from "../workspace.ts";

/** What a stack is rendered from. */
export interface RenderSource {
  readonly config: Readonly<Record<string, string>>;
  readonly kept: ReadonlyMap<string, string>;
  /** Secrets nobody has given or made yet: a placeholder stands in, and the names of the objects they lie in differ. */
  readonly placeholders: readonly string[];
  /** Renders it. @throws {InputError} whose mends can be typed, whether the stack was made or not. */
  typed<T>(body: () => T | Promise<T>): Promise<T>;
}

/** Letters and digits like a password, so that it passes for one; and always the same, so that a diff is quiet. */
const placeholder = "placeholder0000";

/**
 * Reads a stack's configuration, and the secrets its state keeps. A stack that was never made has its file alone, whose
 * encrypted values nobody can read then.
 * @throws {InputError} when there is neither a stack nor a file.
 */
export async function renderSource(name: string): Promise<RenderSource> {
  const { config, kept, made } = await readStack(name);
  const typed = <T>(body: () => T | Promise<T>): Promise<T> =>
    made ? Promise.resolve().then(body) : unmade(name, body);
  return { ...(await typed(() => sourceOf(config, kept))), typed };
}

/** Of a stack that was never made there is a file alone: the mends of what is wrong are those of a file. */
async function unmade<T>(name: string, body: () => T | Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(error.what, beforeMade(name, error.problems));
  }
}

async function sourceOf(
  config: RenderSource["config"],
  kept: RenderSource["kept"],
): Promise<Omit<RenderSource, "typed">> {
  const settings = parseSettings(config, process.env);
  const platform = await loadDefinition(settings.definition);
  const names = requiredSecrets(platform, settings);
  const placeholders = missingSecrets(names, settings).filter((secret) => !kept.has(secret));
  const secrets = Object.fromEntries(
    placeholders.filter((secret) => secret !== signingKeyName).map((secret) => [secret, placeholder]),
  );
  return {
    config: {
      ...config,
      "platform:secrets": JSON.stringify({ ...settings.secrets, ...secrets }),
      ...(placeholders.includes(signingKeyName) && { "platform:signingKey": await makePrivateKey() }),
    },
    kept,
    placeholders,
  };
}

async function readStack(
  name: string,
): Promise<Pick<RenderSource, "config" | "kept"> & { readonly made: boolean }> {
  try {
    const { stack, state } = await openStack(name, undefined, { create: false, state: true });
    const all = await stack.getAllConfig();
    refuseShownSecrets(Object.keys(all).filter((key) => all[key]?.secret));
    const config = Object.entries(all).map(([key, { value }]) => [key, value]);
    const values = Object.fromEntries(config) as Record<string, string>;
    return { config: values, kept: keptSecrets(state), made: true };
  } catch (error) {
    if (!(error instanceof StackNotFoundError)) throw pulumiRefusal(error, name) ?? error;
    return { config: configInFile(name), kept: new Map(), made: false };
  }
}

/** The settings in Pulumi.<stack>.yaml as the CLI would hand them over, less those that are encrypted. */
export function configInFile(name: string): Record<string, string> {
  const file = join(projectRoot, `Pulumi.${name}.yaml`);
  if (!existsSync(file))
    throw new InputError("there is no such stack", [
      {
        path: "--stack",
        message: `there is no Pulumi.${name}.yaml`,
        fix: "name another stack, or make the file",
      },
    ]);
  const { config = {} } = parsed(name, file);
  return Object.fromEntries(
    Object.entries(config).flatMap(([key, value]) => {
      const open = withoutEncrypted(value);
      if (open === undefined) return [];
      return [[key, typeof open === "string" ? open : JSON.stringify(open)]];
    }),
  );
}

/** @throws {InputError} when the file is no YAML. */
function parsed(name: string, file: string): { readonly config?: Readonly<Record<string, unknown>> } {
  try {
    return (parse(readFileSync(file, "utf8")) ?? {}) as { config?: Record<string, unknown> };
  } catch (error) {
    throw unreadableFile(name, (error as Error).message.split("\n", 1).join(""));
  }
}

function withoutEncrypted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEncrypted);
  if (typeof value !== "object" || value === null) return value;
  if ("secure" in value) return undefined;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, withoutEncrypted(child)]));
}
