import { onStack } from "../../core/stack-commands.ts";

/** What is said of an error: its commands name the stack whose program this is. */
export function wordsOf(error: unknown, { BEAT_STACK: stack }: NodeJS.ProcessEnv): string {
  // Clients wrap what a server said, some of them twice: its own words are the innermost.
  let cause: unknown = error;
  while (cause instanceof AggregateError && cause.errors.length > 0) cause = cause.errors[0];
  const words = cause instanceof Error ? cause.message || cause.name : String(cause);
  return stack === undefined ? words : onStack(words, stack);
}
