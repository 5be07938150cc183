import type { Command } from "commander";
import { command, oldSpelling } from "../command.ts";
import { print, printAsIs, printJson, printJsonAsIs } from "../output.ts";
import {
  completeSecrets,
  forgetSecret,
  listSecrets,
  rotateSecret,
  type SecretsReport,
  secretValue,
  setSecret,
} from "../secrets.ts";
import type { Session } from "../session.ts";

const needs = { create: true, target: false };
const reads = { create: "for now", target: false } as const;

/** A stack's secrets: listed, made, shown, given, replaced, forgotten. Only `show` prints a value. */
export function secretsCommand(beat: Command): void {
  const secrets = beat.command("secrets").description("the secrets of a stack");
  command(
    secrets,
    "list",
    "say where each secret comes from; changes nothing",
    reads,
    async (session, { json }) => {
      tell(await listSecrets(session), json);
    },
  ).argument("[stack]", "stack to work on, like --stack");
  command(
    secrets,
    "make",
    "make the secrets that a stack with platform:generateSecrets: false lacks",
    needs,
    async (session, { json }) => {
      tell(await completeSecrets(session), json);
    },
  ).argument("[stack]", "stack to work on, like --stack");
  command(secrets, "show", "print the value of one", reads, async (session, { json }, name) =>
    show(session, name, json),
  ).argument("<name>", "secret, as list names it");
  command(
    secrets,
    "set",
    "take the value of one from standard input",
    needs,
    async (session, { json }, name) => {
      await setSecret(session, name, process.stdin);
      changed(session, name, json);
    },
  ).argument("<name>", "secret, as list names it");
  command(secrets, "rotate", "replace one by a new value", needs, async (session, { json }, name) => {
    await rotateSecret(session, name);
    changed(session, name, json);
  }).argument("<name>", "secret, as list names it");
  command(
    secrets,
    "forget",
    "take one out of the state that the platform does not use any more",
    needs,
    async (session, { json }, name) => {
      await forgetSecret(session, name);
      if (json) printJson({ stack: session.name, forgotten: name });
      else print(`${name} is gone from the state of ${session.name}`);
    },
  ).argument("<name>", "secret, as list names it");
  withOldSpellings(secrets);
}

function tell(report: SecretsReport, json: boolean | undefined): void {
  if (json) return printJson(report);
  const { secrets, created, unneeded } = report;
  for (const { name, origin } of secrets)
    print(`${name.padEnd(36)} ${created.includes(name) ? "made now" : origin}`);
  for (const name of unneeded) print(`${name.padEnd(36)} needed by nobody: ./beat secrets forget ${name}`);
  print(`\nshow one: ./beat secrets show <name>`);
}

async function show(session: Session, name: string, json: boolean | undefined): Promise<void> {
  const value = await secretValue(session, name);
  if (json) printJsonAsIs({ [name]: value });
  else printAsIs(value);
}

function changed(session: Session, name: string, json: boolean | undefined): void {
  if (json) printJson({ stack: session.name, changed: name });
  else print(`${name} is changed; its users get it with: ./beat up`);
}

/** `beat secrets [stack] --show …`, as it was before the subcommands; it goes with the next version. */
function withOldSpellings(secrets: Command): void {
  interface Old {
    readonly json?: boolean;
    readonly show?: string;
    readonly rotate?: string;
    readonly set?: string;
  }
  command(secrets, undefined, "the secrets of a stack", needs, async (session, options) => {
    const { json, show: shown, rotate, set } = options as Old;
    if (shown !== undefined) {
      oldSpelling(`./beat secrets show ${shown}`);
      return show(session, shown, json);
    }
    if (rotate !== undefined) {
      oldSpelling(`./beat secrets rotate ${rotate}`);
      await rotateSecret(session, rotate);
      return changed(session, rotate, json);
    }
    if (set !== undefined) {
      oldSpelling(`./beat secrets set ${set}`);
      await setSecret(session, set, process.stdin);
      return changed(session, set, json);
    }
    oldSpelling("./beat secrets make");
    tell(await completeSecrets(session), json);
  })
    .argument("[stack]")
    .option("--show <name>", "old spelling of: secrets show <name>")
    .option("--rotate <name>", "old spelling of: secrets rotate <name>")
    .option("--set <name>", "old spelling of: secrets set <name>");
}
