import { codeOf, endings, goOnUnread } from "../leave.ts";
import { say } from "../output.ts";

/**
 * Whoever asks this process to end, on a terminal or not, has what is under way brought to its end first: this process runs
 * Pulumi's program, so it stays until then. The same signal once more ends both at once; another kind does not, since a
 * system that waits no longer sends one after the other.
 * @param onFirst is called by the first one.
 * @param leave is called before this process ends.
 * @returns ends it: signals mean again what they always do.
 */
export function heedInterrupts(onFirst: () => void, leave: () => void): () => void {
  goOnUnread();
  const seen = new Set<NodeJS.Signals>();
  const onSignal = (signal: NodeJS.Signals = "SIGINT") => {
    if (seen.has(signal)) {
      leave();
      return process.exit(codeOf(signal));
    }
    seen.add(signal);
    if (seen.size > 1) return;
    onFirst();
    const again = signal === "SIGINT" ? "Ctrl-C again" : `another ${signal}`;
    say(`  ! interrupted: what is under way is brought to its end; ${again} ends it where it stands`);
  };
  for (const signal of endings) process.on(signal, onSignal);
  return () => {
    for (const signal of endings) process.off(signal, onSignal);
  };
}
