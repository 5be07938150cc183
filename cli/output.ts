import { withoutLogins } from "../core/logins.ts";
import { onStack } from "../core/stack-commands.ts";

/** The stack that this process works on: a command has one. */
let stack: string | undefined;

/** From now on what is said is about this stack. */
export function speakOf(name: string): void {
  stack = name;
}

/** What is drawn below all that is said, while it is. */
let below: ((write: () => void) => void) | undefined;

/**
 * From now on whatever is written makes way for a drawing first.
 * @param above takes the drawing away, writes, and draws it again.
 * @returns ends it.
 */
export function drawBelow(above: (write: () => void) => void): () => void {
  below = above;
  return () => {
    below = undefined;
  };
}

function write(stream: NodeJS.WriteStream, text: string): void {
  const line = () => void stream.write(`${text}\n`);
  if (below === undefined) line();
  else below(line);
}

/** Words as they are shown: their commands name the stack, and the logins in their addresses are left out. */
export function asShown(text: string): string {
  const told = withoutLogins(text);
  return stack === undefined ? told : onStack(told, stack);
}

/** Writes words for a person to standard output: the result. */
export const print = (text: string): void => printAsIs(asShown(text));
/** Writes to standard output what is nobody's words: a secret, a file, somebody else's log. */
export const printAsIs = (text: string): void => write(process.stdout, text);
/** Writes the result for scripts; its words as a person reads them. */
export const printJson = (data: unknown): void =>
  printJsonAsIs(data, (_, value) => (typeof value === "string" ? asShown(value) : value));
/** Writes for scripts what is nobody's words: a secret, a file. */
export const printJsonAsIs = (data: unknown, replacer?: (key: string, value: unknown) => unknown): void =>
  printAsIs(JSON.stringify(data, replacer, 2));
/** Writes progress to standard error. */
export const say = (line: string): void => write(process.stderr, asShown(line));
/** Standard output itself, for somebody else's log, which may be long: whoever reads it slowly is waited for. */
export const standardOutput: NodeJS.WriteStream = process.stdout;
