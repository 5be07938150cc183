import { type Command, Option } from "commander";
import { InputError } from "../core/problems.ts";
import { refused } from "./new-stack.ts";
import { say, speakOf } from "./output.ts";
import { openSession, type Session, type SessionNeeds } from "./session.ts";
import { pulumiRefusal } from "./workspace.ts";

/** Options of every command on a stack. */
export interface Common {
  readonly stack: string;
  readonly json?: boolean;
  /** Whether the command line itself names the stack. */
  readonly named: boolean;
}

/** The stack of every command: what is named, else BEAT_STACK, else dev. */
export const stackOption = (): Option =>
  new Option("-s, --stack <name>", "stack to work on").default(process.env.BEAT_STACK || "dev");

/**
 * The stack that a command works on from now on.
 * @throws {InputError} when no stack can have that name. Source: Pulumi, "Stacks"; a letter or digit first, as names made of it need.
 */
export function stackCalled(name: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name))
    throw new InputError("nothing was done", [
      {
        path: "--stack",
        message: `${JSON.stringify(name)} cannot be the name of a stack: letters, digits, ".", "_" and "-", at most 100, a letter or digit first`,
        fix: "name another one; those there are: ls Pulumi.*.yaml",
      },
    ]);
  speakOf(name);
  return name;
}

/** The stack that a command line names. @throws {InputError} when it names two. */
export function stackNamed(argument: string | undefined, option: string | undefined): string | undefined {
  if (argument === undefined || option === undefined || argument === option) return argument ?? option;
  throw new InputError("nothing was done", [
    { path: "--stack", message: `is ${option}, and the stack ${argument} is named as well`, fix: "name one" },
  ]);
}

/** Says how a command is spelled now; the old way goes with the next version. */
export const oldSpelling = (now: string): void =>
  say(`beat: this spelling goes with the next version; the new one: ${now}`);

/**
 * A command that works on a stack.
 * @param name undefined for what the parent itself does.
 */
export function command(
  parent: Command,
  name: string | undefined,
  description: string,
  needs: SessionNeeds,
  run: (session: Session, options: Common & Record<string, never>, ...args: string[]) => Promise<void>,
): Command {
  const forNow = typeof needs.create === "string";
  return (name === undefined ? parent : parent.command(name))
    .description(description)
    .addOption(stackOption())
    .option("--json", "write the result as JSON")
    .action(async (...all: unknown[]) => {
      const self = all.at(-1) as Command;
      // An option in front of a subcommand is read by its parent.
      const given = self.optsWithGlobals() as Common & Record<string, never>;
      const own = self.getOptionValueSource("stack") === "default" ? parentStack(self) : undefined;
      // Some commands take the stack as their argument, too.
      const named = self.registeredArguments[0]?.name() === "stack" ? self.args[0] : undefined;
      const option = own ?? (self.getOptionValueSource("stack") === "cli" ? given.stack : undefined);
      const stack = stackNamed(named, option) ?? given.stack;
      const onLine = named ?? option;
      const options = { ...given, stack, named: onLine !== undefined } as unknown as typeof given;
      let session: Session | undefined;
      try {
        stackCalled(stack);
        session = await openSession(stack, needs);
        await run(session, options, ...(self.args as string[]));
        if (forNow) await session.unmake();
      } catch (error) {
        const refusal = pulumiRefusal(error, stack);
        // What was refused has changed nothing.
        if (session !== undefined && (refusal !== undefined || error instanceof InputError || forNow))
          throw await refused(stack, session, refusal ?? error);
        throw refusal ?? error;
      }
    });
}

/** The stack that was named in front of a subcommand. */
function parentStack({ parent }: Command): string | undefined {
  if (parent === null || parent.getOptionValueSource("stack") !== "cli") return undefined;
  return parent.opts<{ stack: string }>().stack;
}
