import { createHash, createPrivateKey, createPublicKey, randomBytes } from "node:crypto";
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
import { parseEnv } from "node:util";
import { parseSettings } from "../../config/settings/parse.ts";
import { checkStack } from "../../config/settings/stack-check.ts";
import { stackNameProblems } from "../../config/settings/stack-name.ts";
import { publicKeyName, signingKeyName } from "../../core/names.ts";
import { InputError } from "../../core/problems.ts";
import { revisionVariable, secretVariable, variableLine } from "../../infra/compose/interpolation.ts";
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
        fix: "name a stack of an engine: ./beat render --stack dev --format compose",
      },
    ]);
  const platform = await loadDefinition(settings.definition);
  const problems = [...stackNameProblems(platform.name, stack, settings), ...checkStack(platform, settings)];
  if (problems.length > 0) throw new InputError("the stack's settings are not valid", problems);
  const transform = await loadTransform(settings.transform);
  return composeProject({ platform, settings, stack, root: projectRoot, transform });
}

/** The Compose file as text; its head says what must be there before it. */
export function composeText(project: ComposeProject): string {
  const head = firstSteps(project).map((step) => `# ${step}\n`);
  return `${head.join("")}${yamlText(project.file)}`;
}

/** What must be done before Compose finds all images and volumes; nothing where it finds them by itself. */
export const firstSteps = ({ stack, unpublished, kept }: ComposeProject): string[] => [
  ...(unpublished.length === 0
    ? []
    : [
        `First ./beat images build --stack ${stack}, on the engine that Compose uses: no registry has ${unpublished.join(", ")}.`,
      ]),
  ...kept.map(
    (volume) =>
      `First docker volume create ${volume}: Compose makes no volume that it must not delete, either.`,
  ),
];

/** Where the values of a stack's secrets are. */
type SecretSource = Pick<RenderSource, "config" | "kept" | "placeholders">;

/**
 * Writes a project: `compose.yaml`, `.env`, build contexts, and `secrets.env` where secrets may be shown. A value that the
 * stack has is written; one that it lacks is the one that is there already, or made.
 */
export async function writeCompose(
  folder: string,
  project: ComposeProject,
  source: SecretSource,
  showSecrets: boolean,
): Promise<WrittenProject> {
  insistOnOwn(folder);
  const file = join(folder, secretsFile);
  const former = formerVariables(file);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "compose.yaml"), `${mark}\n${composeText(project)}`);
  writeFileSync(join(folder, ".env"), withEdits(project.env, join(folder, ".env")));
  for (const [program, files] of Object.entries(project.images))
    writeContext(join(folder, "images", program), files);
  if (showSecrets) {
    // The mode of a write is for a file that is new.
    if (existsSync(file)) chmodSync(file, 0o600);
    writeFileSync(file, secretLines(await secretValues(project, source, former), former), { mode: 0o600 });
  }
  return {
    folder,
    made: showSecrets ? source.placeholders.filter((name) => !former.has(secretVariable(name))) : [],
    services: Object.keys(project.file.services as object).length,
    withSecrets: existsSync(file),
  };
}

/** Every secret of a project: what the stack has, else what an earlier run wrote, else a new one. */
async function secretValues(
  { secrets }: ComposeProject,
  { config, kept, placeholders }: SecretSource,
  former: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, string>> {
  const given = JSON.parse(config["platform:secrets"] ?? "{}") as Record<string, string>;
  const configured = (name: string): string | undefined => {
    if (placeholders.includes(name)) return undefined;
    return name === signingKeyName ? config["platform:signingKey"] : given[name];
  };
  const values = new Map<string, string>();
  for (const name of secrets.keys()) {
    // As `up` takes them: what is given comes before what the state keeps.
    const known = configured(name) ?? kept.get(name) ?? former.get(secretVariable(name));
    values.set(name, known ?? (name === signingKeyName ? await makePrivateKey() : makePassword()));
  }
  // Both keys are one secret: the public one follows from the private one.
  const privateKey = values.get(signingKeyName);
  if (privateKey !== undefined) values.set(publicKeyName, publicOf(privateKey));
  return values;
}

/** @param former the variables of an earlier run. */
const secretLines = (values: ReadonlyMap<string, string>, former: ReadonlyMap<string, string>): string =>
  [...values]
    .flatMap(([name, value]) => [
      variableLine(secretVariable(name), value),
      variableLine(revisionVariable(name), revisionOf(name, value, former)),
    ])
    .concat("")
    .join("\n");

/**
 * Changes with a secret: what reads it from a file is started anew then. It comes to stand in a label, which more people read than
 * may know the secret, so nothing of it follows from the secret.
 */
function revisionOf(name: string, value: string, former: ReadonlyMap<string, string>): string {
  const known = former.get(revisionVariable(name)) ?? "";
  // An earlier version wrote a digest of the secret, of ten digits.
  const ours = /^[0-9a-f]{12}$/.test(known);
  return ours && former.get(secretVariable(name)) === value ? known : randomBytes(6).toString("hex");
}

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
    refuse("has files that are not of ./beat render");
}

/** What people have changed in a file of variables stays; what they left alone follows the settings. */
function withEdits(text: string, file: string): string {
  const marked = (lines: string, how: string) => `# Rendered by ./beat render${how}\n${lines}`;
  const hash = (lines: string) => ` ${createHash("sha256").update(lines).digest("hex").slice(0, 12)}`;
  const former = existsSync(file) ? readFileSync(file, "utf8") : undefined;
  const body = former?.slice(former.indexOf("\n") + 1) ?? "";
  if (former === undefined || former === marked(body, hash(body))) return marked(text, hash(text));
  const kept = formerVariables(file);
  const lines = text.split("\n").map((line) => {
    const name = line.slice(0, line.indexOf("="));
    const value = kept.get(name);
    return value === undefined ? line : variableLine(name, value);
  });
  return marked(lines.join("\n"), ", then edited");
}

/** The variables of an earlier run; none when there was none. */
const formerVariables = (file: string): ReadonlyMap<string, string> =>
  new Map(
    existsSync(file) ? (Object.entries(parseEnv(readFileSync(file, "utf8"))) as [string, string][]) : [],
  );

const publicOf = (pem: string): string =>
  createPublicKey(createPrivateKey(pem)).export({ type: "spki", format: "pem" }).toString();
