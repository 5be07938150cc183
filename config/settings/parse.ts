import type { z } from "zod";
import { configRemoveCommand } from "../../core/config-commands.ts";
import { InputError, type Problem } from "../../core/problems.ts";
import { backupProblems } from "./backups.ts";
import { observabilityOf } from "./observability.ts";
import { observabilityProblems, secretHeaderMend } from "./observability-problems.ts";
import { namespace, problemsOf } from "./problems.ts";
import { type DockerSettings, type Settings, settingsSchemas } from "./schema.ts";
import { applyEnvironment } from "./variables.ts";

/**
 * Reads the settings of a stack.
 * @param config all configuration of the stack as Pulumi holds it: `namespace:key` to a string or JSON text.
 * @param environment variables that may override address and ports of a dev stack; pass `{}` to ignore them.
 * @throws {InputError} with every unknown key and every wrong value; values of secrets are never shown.
 */
export function parseSettings(
  config: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string | undefined>> = {},
): Settings {
  const problems: Problem[] = [];
  const raw: Record<string, unknown> = {};
  for (const [key, text] of Object.entries(config)) {
    if (!key.startsWith(namespace)) {
      problems.push(...elsewhere(key));
      continue;
    }
    raw[key.slice(namespace.length)] = decode(key.slice(namespace.length), text);
  }
  problems.push(...applyEnvironment(raw, environment));
  const target = raw.target === "kubernetes" ? "kubernetes" : "docker";
  const parsed = settingsSchemas[target].safeParse(raw);
  if (!parsed.success)
    for (const issue of parsed.error.issues) problems.push(...problemsOf(issue, raw, target));
  if (problems.length > 0 || !parsed.success)
    throw new InputError("the stack's settings are not valid", problems);
  const settings = parsed.data;
  problems.push(
    ...(settings.target === "docker" ? portClashes(settings) : []),
    ...backupProblems(settings),
    ...observabilityProblems(settings),
  );
  if (problems.length > 0) throw new InputError("the stack's settings are not valid", problems);
  return settings;
}

/** Every setting of either target. */
const fields: Readonly<Record<string, z.ZodType>> = {
  ...settingsSchemas.docker.shape,
  ...settingsSchemas.kubernetes.shape,
};

/**
 * A setting that would be ignored: Pulumi puts a key without a namespace into the project's, and a mistyped namespace is one, too.
 * Keys of others, of providers say, are not ours to judge.
 */
function elsewhere(key: string): Problem[] {
  const name = key.slice(key.indexOf(":") + 1);
  if (!Object.hasOwn(fields, name)) return [];
  return [
    {
      path: key,
      message: `is no setting of the platform: those begin with "${namespace}"`,
      fix: `write ${namespace}${name} in its place, or remove it: ${configRemoveCommand(key)}`,
    },
  ];
}

function decode(key: string, text: string): unknown {
  // Pulumi hands over every value as text; what is a string by the schema stays one.
  const field = fields[key];
  const tried = field?.safeParse(text);
  if (tried?.success) return text;
  const misshapen = ({ path, code }: z.core.$ZodIssue): boolean =>
    path.length === 0 && (code === "invalid_type" || code === "invalid_union");
  try {
    const found = JSON.parse(text) as unknown;
    return typeof found === "string" || tried?.error?.issues.some(misshapen) !== false ? found : text;
  } catch {
    return text;
  }
}

function portClashes(settings: DockerSettings): Problem[] {
  const problems: Problem[] = [];
  const taken = new Map<number, string>();
  const { services, dashboards, ...stores } = settings.ports;
  const all = [
    ...Object.entries(stores),
    // Its number is nobody's setting as long as nothing has it.
    ...(observabilityOf(settings).dev ? [["dashboards", dashboards] as const] : []),
    ...Object.entries(services).map(([name, port]) => [`services.${name}`, port] as const),
  ];
  for (const [name, port] of all) {
    if (port === false) continue;
    const other = taken.get(port);
    if (other !== undefined)
      problems.push({
        path: `${namespace}ports.${name}`,
        message: `${port} is already the port of ${other}`,
        fix: "give each published port a number of its own, or false",
      });
    taken.set(port, name);
  }
  return problems;
}

/** Settings that are kept from view wherever they go. */
const secretSettings: readonly string[] = ["secrets", "signingKey"];

/**
 * Refuses a secret in a setting that is shown: in a container's environment, in a manifest, in a file that is rendered.
 * @param keys those that were set with `--secret`, as `namespace:key`.
 * @throws {InputError} naming each.
 */
export function refuseShownSecrets(keys: readonly string[]): void {
  const problems = keys
    .filter((key) => key.startsWith(namespace) && !secretSettings.includes(key.slice(namespace.length)))
    .map((key) => ({
      path: key,
      message: "has a value that was set with --secret, and is shown where it is used",
      fix:
        key === `${namespace}observability`
          ? `name a secret in its place: ${secretHeaderMend("authorization")}`
          : 'ask for it in the service\'s definition: secret("name") in env, then ./beat secrets set <service>-<name>',
    }));
  if (problems.length > 0) throw new InputError("the stack's settings are not valid", problems);
}
