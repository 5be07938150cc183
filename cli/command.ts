import { Command } from "commander";
import { openSession, type Session, type SessionNeeds } from "./session.ts";
import { refusalOf } from "./workspace.ts";

/** Options of every command on a stack. */
export interface Common {
  readonly stack: string;
  readonly json?: boolean;
}

/** Writes a line of the result to standard output. */
export const print = (text: string): void => void process.stdout.write(`${text}\n`);
/** Writes the result for scripts. */
export const printJson = (data: unknown): void => print(JSON.stringify(data, undefined, 2));

/** The whole command line. */
export const beat = new Command("beat")
  .description(
    "Beat EcoProve platform. Exit codes: 0 done, 1 it failed, 2 the input was refused and nothing changed.",
  )
  .showHelpAfterError();

/** A command that works on a stack. */
export function command(
  name: string,
  description: string,
  needs: SessionNeeds,
  run: (session: Session, options: Common & Record<string, never>, ...args: string[]) => Promise<void>,
  parent: Command = beat,
): Command {
  return parent
    .command(name)
    .description(description)
    .option("-s, --stack <name>", "stack to work on", process.env.BEAT_STACK ?? "dev")
    .option("--json", "write the result as JSON")
    .action(async (...all: unknown[]) => {
      const self = all.at(-1) as Command;
      const given = self.opts() as Common & Record<string, never>;
      // Some commands take the stack as their argument, too.
      const named = self.registeredArguments[0]?.name() === "stack" ? self.args[0] : undefined;
      const options = (named === undefined ? given : { ...given, stack: named }) as typeof given;
      try {
        await run(await openSession(options.stack, needs), options, ...(self.args as string[]));
      } catch (error) {
        throw refusalOf(error, options.stack) ?? error;
      }
    });
}
