import { text } from "node:stream/consumers";
import { execa } from "execa";
import { memberSecrets, requiredSecrets, suppliedSecrets } from "../config/environment.ts";
import { secretRule } from "../config/settings/secret-rules.ts";
import { administratorSecret, signingKeyName } from "../core/names.ts";
import { InputError } from "../core/problems.ts";
import { plaintextSecret } from "../infra/graph/register.ts";
import { inForce, type StackState, type StateResource } from "../infra/operate/stack-state.ts";
import {
  chosenElsewhere,
  giveCommand,
  missingSecrets,
  rotateCommand,
  settingOf,
} from "../infra/secrets/problems.ts";
import { makePassword, makePrivateKey, validatePrivateKey } from "../infra/secrets/values.ts";
import { kindsWithLogin } from "../stores/index.ts";
import type { Session } from "./session.ts";
import { keptSecrets, settingsOf, stateOf } from "./workspace.ts";

/** Where a secret's value comes from: the stack's configuration, its state, or nowhere yet. */
export type Origin = "configuration" | "state" | "missing";

/** What a call of `beat secrets` did and found. Values are in none of it. */
export interface SecretsReport {
  readonly stack: string;
  readonly created: readonly string[];
  readonly secrets: readonly { readonly name: string; readonly origin: Origin }[];
  /** Kept in the state though no part of the platform needs them any more. */
  readonly unneeded: readonly string[];
}

/** The part of a session that secrets need. */
export type SecretsSession = Pick<Session, "name" | "stack" | "settings" | "platform">;

/** All names of a stack's secrets: passwords, then the signing key. */
export const allSecretNames = ({ platform, settings }: SecretsSession): string[] => [
  ...requiredSecrets(platform, settings),
  signingKeyName,
];

/**
 * Makes every secret that a stack with `platform:generateSecrets: false` lacks, and says where each one comes from.
 * A value that the state kept so far is taken over: a new one would lock everybody out of the databases.
 * The administrator of an external store and the keys of a bucket are never made here: another system chose them.
 * @throws {InputError} naming each of those that is missing; nothing is made then.
 */
export async function completeSecrets(session: SecretsSession): Promise<SecretsReport> {
  const { platform, settings, stack, name } = session;
  const kept = await keptValues(session);
  const lacking = missingSecrets(requiredSecrets(platform, settings), settings);
  const supplied = lacking.filter((secret) => suppliedSecrets(settings).includes(secret));
  if (supplied.length > 0)
    throw new InputError(
      "these secrets cannot be made here",
      supplied.map((secret) => ({
        path: settingOf(secret),
        message: chosenElsewhere,
        fix: giveCommand(secret, name),
      })),
    );
  const missing = settings.generateSecrets ? [] : lacking;
  for (const secret of missing) await write(session, secret, kept.get(secret) ?? (await make(secret)));
  const now = missing.length === 0 ? settings : await settingsOf(stack);
  return report({ ...session, settings: now }, kept, missing);
}

/** Says where each secret comes from. Changes nothing. */
export const listSecrets = async (session: SecretsSession): Promise<SecretsReport> =>
  report(session, await keptValues(session), []);

function report(
  session: SecretsSession,
  kept: ReadonlyMap<string, string>,
  created: readonly string[],
): SecretsReport {
  const { name } = session;
  const names = allSecretNames(session);
  const secrets = names.map((secret): SecretsReport["secrets"][number] => {
    return {
      name: secret,
      origin:
        configured(session, secret) !== undefined ? "configuration" : kept.has(secret) ? "state" : "missing",
    };
  });
  const unneeded = [...kept.keys()].filter((secret) => !names.includes(secret));
  return { stack: name, created, secrets, unneeded };
}

/**
 * Takes a secret out of the state that keeps it though the platform does not use it: nobody needs it any more, or the
 * configuration has it. Its value is gone then.
 * @throws {InputError} when it is used, not kept, or resources of the last run still hang on it.
 */
export async function forgetSecret(session: SecretsSession, secret: string): Promise<void> {
  const { name } = session;
  if (allSecretNames(session).includes(secret) && configured(session, secret) === undefined)
    throw refusal(secret, "is needed by the platform", `replace it: ${rotateCommand(secret, name)}`);
  const urn = stashOf(await stateOf(session.stack.workspace, name), secret)?.urn;
  if (urn === undefined)
    throw refusal(secret, "is not kept in the stack's state", "see: ./beat secrets list");
  const { exitCode, stderr } = await pulumi(session, ["state", "delete", urn, "--force", "--yes"]);
  if (exitCode === 0) return;
  if (/dependent|depend on/i.test(stderr))
    throw refusal(
      secret,
      "is still used by what runs",
      `bring the stack up without it first: ./beat up --stack ${name}`,
    );
  throw new Error(`${secret} could not be taken out of the state: ${stderr.trim()}`);
}

/** The value of one secret. @throws {InputError} when nobody has given or made it. */
export async function secretValue(session: SecretsSession, secret: string): Promise<string> {
  insistOnName(session, secret);
  const { settings, name } = session;
  const value = configured(session, secret) ?? (await keptValues(session)).get(secret);
  if (value !== undefined) return value;
  throw refusal(
    secret,
    "has no value yet",
    suppliedSecrets(settings).includes(secret)
      ? giveCommand(secret, name)
      : settings.generateSecrets
        ? `./beat up --stack ${name}`
        : "./beat secrets make",
  );
}

/** Replaces one secret by a new value; the next `up` hands it to its users. */
export async function rotateSecret(session: SecretsSession, secret: string): Promise<void> {
  insistOnName(session, secret);
  if (secretRule(secret).supplied)
    throw refusal(
      secret,
      "is made by whoever runs the bucket",
      `have a new one made there, then: ./beat secrets set ${secret} --stack ${session.name}`,
    );
  // A store takes its administrator's password when its data folder is made and never again.
  if (administrators.includes(secret))
    throw refusal(
      secret,
      "is the password by which the platform itself logs in, so the store must know the new one first",
      `change it in the store, then: ./beat secrets set ${secret} --stack ${session.name}`,
    );
  const shared = memberSecrets(session.platform, session.settings).find(({ name }) => name === secret);
  if (shared !== undefined)
    throw refusal(
      secret,
      shared.whyNotRotated,
      `./beat down --stack ${session.name}, ./beat secrets set ${secret} --stack ${session.name}, ./beat up: the data stays`,
    );
  const value = await make(secret);
  if (configured(session, secret) !== undefined || !session.settings.generateSecrets)
    return write(session, secret, value);
  await replaceKept(session, secret, value);
}

/** Takes a value from a stream, usually standard input, since arguments are seen by every user of the machine. */
export async function setSecret(
  session: SecretsSession,
  secret: string,
  input: NodeJS.ReadableStream,
): Promise<void> {
  insistOnName(session, secret);
  const value = (await text(input as AsyncIterable<Buffer>)).replace(/\r?\n$/, "");
  if (secret === signingKeyName) {
    const fault = validatePrivateKey(value);
    if (fault !== undefined) throw refusal(secret, fault, "give an RSA key of at least 2048 bits as PEM");
  } else {
    const { pattern, message, supplied } = secretRule(secret);
    if (!pattern.test(value))
      throw refusal(
        secret,
        message,
        supplied
          ? "give it as its owner gave it to you"
          : "change it where it was chosen: clients put it into URLs as it is",
      );
  }
  await write(session, secret, value);
}

/** The passwords by which the platform itself logs in. */
const administrators: readonly string[] = kindsWithLogin.map(administratorSecret);

const make = async (secret: string): Promise<string> =>
  secret === signingKeyName ? makePrivateKey() : makePassword();

const refusal = (secret: string, message: string, fix: string): InputError =>
  new InputError("the secret was left alone", [{ path: settingOf(secret), message, fix }]);

function insistOnName(session: SecretsSession, secret: string): void {
  const names = allSecretNames(session);
  if (!names.includes(secret))
    throw new InputError("no such secret", [
      { path: "secrets", message: `"${secret}" is not there`, fix: `use one of ${names.join(", ")}` },
    ]);
}

/** What the configuration says of one. */
const configured = ({ settings }: SecretsSession, secret: string): string | undefined =>
  secret === signingKeyName ? settings.signingKey : settings.secrets[secret];

/**
 * Writes one value, encrypted, into Pulumi.<stack>.yaml. Only `config set` reads a value from standard input: the
 * Automation API's setConfig, setAllConfig and setAllConfigJson all put it into the CLI's arguments.
 */
async function write(session: SecretsSession, secret: string, value: string): Promise<void> {
  const args = ["config", "set", "--secret", "--path", settingOf(secret), "--non-interactive"];
  const { exitCode, stderr } = await pulumi(session, args, value);
  if (exitCode !== 0) throw new Error(`${settingOf(secret)} could not be written: ${stderr.trim()}`);
}

/**
 * Gives a secret that the state keeps another value: in an export, where all others stay encrypted, since a Stash never changes
 * its output by itself. The CLI encrypts the new one when it takes the export back.
 * @throws {InputError} when the state keeps none of that name.
 */
async function replaceKept(session: SecretsSession, secret: string, value: string): Promise<void> {
  const { stdout } = await pulumi(session, ["stack", "export"]);
  const state = JSON.parse(stdout) as { deployment: { resources?: StateResource[] } | null };
  const stash = stashOf({ resources: state.deployment?.resources ?? [], pending: [] }, secret);
  if (stash === undefined)
    throw refusal(secret, "has not been made yet", `bring the stack up: ./beat up --stack ${session.name}`);
  const output = plaintextSecret(value);
  Object.assign(stash, { outputs: { ...stash.outputs, output } });
  const { exitCode, stderr } = await pulumi(session, ["stack", "import"], JSON.stringify(state));
  if (exitCode !== 0) throw new Error(`${secret} could not be replaced in the state: ${stderr.trim()}`);
}

/** The Stash that keeps a secret; what the platform itself remembers of a stack is none. */
const stashOf = ({ resources }: StackState, secret: string): StateResource | undefined =>
  inForce(resources).find(
    ({ type, urn }) =>
      type === "pulumi:index:Stash" &&
      urn.endsWith(`Stash::${secret}`) &&
      !urn.includes("Platform$pulumi:index:Stash::"),
  );

/** A call of the CLI for which the Automation API has none, or none without values in arguments or files. */
function pulumi({ stack, name }: SecretsSession, args: readonly string[], input = "") {
  const { pulumiCommand, workDir, envVars } = stack.workspace;
  return execa(pulumiCommand.command, [...args, "--stack", name], {
    cwd: workDir,
    env: { ...envVars },
    input,
    reject: false,
  });
}

/** What the state keeps. */
const keptValues = async ({ stack }: SecretsSession): Promise<Map<string, string>> =>
  keptSecrets(await stateOf(stack.workspace, stack.name));
