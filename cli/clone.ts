import { readdirSync } from "node:fs";
import { join } from "node:path";
import { InputError, type Problem } from "../core/problems.ts";
import { projectRoot } from "../stacks/program.ts";

/** What this clone keeps for itself and git ignores: passphrase, tools, sources. `BEAT_HOME` names another folder. */
export const beatDirectory = process.env.BEAT_HOME ?? join(projectRoot, ".beat");

/** A stack's file is no YAML. @param fault where and what, in a reader's words. */
export const unreadableFile = (stack: string, fault: string): InputError =>
  new InputError("the stack's settings cannot be read", [
    {
      path: `Pulumi.${stack}.yaml`,
      message: fault,
      fix: "correct it there: each setting stands below config:, two spaces in; or let Pulumi write it: pulumi config set --path platform:<setting> <value>",
    },
  ]);

/** The names of the stacks that have a file of settings. */
export const stackFiles = (): string[] =>
  readdirSync(projectRoot).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);

/** What is wrong with the name of a stack that is not there. */
export function unknown(stack: string): Problem {
  const path = "--stack";
  const known = stackFiles();
  if (known.includes(stack))
    return {
      path,
      message: `"${stack}" was never brought up here: there is no state of it, which PULUMI_BACKEND_URL may name elsewhere`,
      fix: `./beat up --stack ${stack}`,
    };
  return {
    path,
    message: `"${stack}" was never brought up here and has no Pulumi.${stack}.yaml`,
    fix: `name one of ${known.join(", ")}; or for a new one: printf 'config: {}\\n' > Pulumi.${stack}.yaml`,
  };
}
