import { withoutLogins } from "../core/logins.ts";
import { onStack } from "../core/stack-commands.ts";

/** The stack that this process works on: a command has one. */
let stack: string | undefined;

/** From now on what is said is about this stack. */
export function speakOf(name: string): void {
  stack = name;
}

/** Words as they are shown: their commands name the stack, and the logins in their addresses are left out. */
export function asShown(text: string): string {
  const told = withoutLogins(text);
  return stack === undefined ? told : onStack(told, stack);
}

/** Writes words for a person to standard output: the result. */
export const print = (text: string): void => printAsIs(asShown(text));
/** Writes to standard output what is nobody's words: a secret, a file, somebody else's log. */
export const printAsIs = (text: string): void => void process.stdout.write(`${text}\n`);
/** Writes the result for scripts. */
export const printJson = (data: unknown): void => printAsIs(JSON.stringify(data, undefined, 2));
/** Writes progress to standard error. */
export const say = (line: string): void => void process.stderr.write(`${asShown(line)}\n`);
