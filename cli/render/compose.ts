import { createHash, createPrivateKey, createPublicKey } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { parseSettings } from "../../config/settings/parse.ts";
import { checkStack } from "../../config/settings/stack-check.ts";
import { publicKeyName, signingKeyName } from "../../core/names.ts";
import { InputError } from "../../core/problems.ts";
import { secretVariable, variableLine } from "../../infra/compose/interpolation.ts";
import { type ComposeProject, composeProject } from "../../infra/compose/project.ts";
import { writeContext } from "../../infra/images/build-context.ts";
import { makePassword, makePrivateKey } from "../../infra/secrets/values.ts";
import { loadDefinition, loadTransform, projectRoot } from "../../stacks/program.ts";
import type { RenderSource } from "./sources.ts";
import { yamlText } from "./yaml-text.ts";

/** The file with the values of secrets, beside the Compose file. */
const secretsFile = "secrets.env";

/** What was written. */
export interface WrittenProject {
  readonly folder: string;
  readonly services: number;
  /** Secrets that nobody had given or made yet: they are in the file now, and nowhere else. */
  readonly made: readonly string[];
  /** Whether the values of secrets stand in a file beside it. */
  readonly withSecrets: boolean;
}

/**
 * The Compose project of a stack on a container engine.
 * @throws {InputError} when settings or definition are not valid, or the stack is none of an engine's.
 */
export async function composeOf(
  stack: string,
  config: Readonly<Record<string, string>>,
): Promise<ComposeProject> {
  const settings = parseSettings(config, process.env);
  if (settings.target !== "docker")
    throw new InputError("nothing can be rendered", [
      {
        path: "platform:target",
        message: `Compose runs on a container engine, and this stack's target is ${settings.target}`,
        fix: "name a stack of an engine: ./beat render dev --format compose",
      },
    ]);
  const platform = await loadDefinition(settings.definition);
  const problems = checkStack(platform, settings);
  if (problems.length > 0) throw new InputError("the stack's settings are not valid", problems);
  const transform = await loadTransform(settings.transform);
  return composeProject({ platform, settings, stack, root: projectRoot, transform });
}

/** The Compose file as text. */
export const composeText = ({ file }: ComposeProject): string => yamlText(file);

/**
 * Writes a project: `compose.yaml`, `.env`, build contexts, and `secrets.env` where secrets may be shown. A value that the
 * stack has is written; one that it lacks is the one that is there already, or made.
 */
export async function writeCompose(
  folder: string,
  project: ComposeProject,
  source: Pick<RenderSource, "config" | "kept" | "placeholders">,
  showSecrets: boolean,
): Promise<WrittenProject> {
  insistOnOwn(folder);
  const former = formerLines(join(folder, secretsFile));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "compose.yaml"), `${mark}\n${composeText(project)}`);
  writeFileSync(join(folder, ".env"), withEdits(project.env, join(folder, ".env")));
  for (const [program, files] of Object.entries(project.images))
    writeContext(join(folder, "images", program), files);
  if (showSecrets)
    writeFileSync(join(folder, secretsFile), await secretLines(project, source, join(folder, secretsFile)), {
      mode: 0o600,
    });
  // The mode above is for a file that is new.
  if (showSecrets) chmodSync(join(folder, secretsFile), 0o600);
  return {
    folder,
    made: showSecrets ? source.placeholders.filter((name) => !former.has(secretVariable(name))) : [],
    services: Object.keys(project.file.services as object).length,
    withSecrets: showSecrets || existsSync(join(folder, secretsFile)),
  };
}

async function secretLines(
  { secrets }: ComposeProject,
  { config, kept, placeholders }: Pick<RenderSource, "config" | "kept" | "placeholders">,
  file: string,
): Promise<string> {
  const given = JSON.parse(config["platform:secrets"] ?? "{}") as Record<string, string>;
  const former = formerLines(file);
  // As `up` takes them: what is given comes before what the state keeps.
  const known = (name: string): string | undefined =>
    (placeholders.includes(name)
      ? undefined
      : name === signingKeyName
        ? config["platform:signingKey"]
        : given[name]) ?? kept.get(name);
  const lines = new Map<string, string>();
  let privateKey: string | undefined;
  for (const name of secrets.keys()) {
    if (name === publicKeyName) continue;
    const variable = secretVariable(name);
    const value = known(name);
    const line = value === undefined ? former.get(variable) : variableLine(variable, value);
    if (name === signingKeyName) {
      // Both keys are one secret: the public one follows from the private one.
      privateKey = value ?? (former.has(variable) ? undefined : await makePrivateKey());
      if (privateKey === undefined) continue;
      lines.set(variable, variableLine(variable, privateKey));
    } else lines.set(variable, line ?? variableLine(variable, makePassword()));
  }
  if (privateKey !== undefined)
    lines.set(
      secretVariable(publicKeyName),
      variableLine(secretVariable(publicKeyName), publicOf(privateKey)),
    );
  for (const name of [signingKeyName, publicKeyName]) {
    const variable = secretVariable(name);
    const line = former.get(variable);
    if (secrets.has(name) && !lines.has(variable) && line !== undefined) lines.set(variable, line);
  }
  return `${[...lines].flatMap(([variable, line]) => [line, revisionLine(variable, line)]).join("\n")}\n`;
}

/** Changes with the secret: what reads it from a file is started anew then. */
const revisionLine = (variable: string, line: string): string =>
  variableLine(
    variable.replace(/^SECRET_/, "REVISION_"),
    createHash("sha256").update(line).digest("hex").slice(0, 10),
  );

/** The first line of a Compose file, by which a later run knows its own. */
const mark = "# Rendered by ./beat render --format compose";

/** @throws {InputError} when a folder has something that nobody rendered: it would be lost. */
function insistOnOwn(folder: string): void {
  const refuse = (message: string): never => {
    throw new InputError("nothing was written", [
      { path: "--out", message: `${folder} ${message}`, fix: "name a folder that is empty or new" },
    ]);
  };
  if (!existsSync(folder)) return;
  if (!statSync(folder).isDirectory()) refuse("is no folder");
  const file = join(folder, "compose.yaml");
  if (existsSync(file) ? !readFileSync(file, "utf8").startsWith(mark) : readdirSync(folder).length > 0)
    refuse("has files that ./beat render did not write");
}

/** What people have changed in a file of variables stays; what they left alone follows the settings. */
function withEdits(text: string, file: string): string {
  const hash = (lines: string) => createHash("sha256").update(lines).digest("hex").slice(0, 12);
  const [head = "", ...former] = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
  const edited = head.startsWith("# ") && !head.endsWith(hash(former.join("\n")));
  const kept = formerLines(file);
  const lines = edited
    ? text
        .split("\n")
        .map((line) => (line.startsWith("#") ? line : (kept.get(line.slice(0, line.indexOf("="))) ?? line)))
        .join("\n")
    : text;
  return edited
    ? `# Rendered by ./beat render, then edited\n${lines}`
    : `# Rendered by ./beat render ${hash(lines)}\n${lines}`;
}

/** The lines of an earlier run, by variable. */
function formerLines(file: string): Map<string, string> {
  if (!existsSync(file)) return new Map();
  return new Map(
    readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line.includes("="))
      .map((line) => [line.slice(0, line.indexOf("=")), line]),
  );
}

const publicOf = (pem: string): string =>
  createPublicKey(createPrivateKey(pem)).export({ type: "spki", format: "pem" }).toString();
