import { say } from "../output.ts";

/**
 * A terminal's Ctrl-C reaches Pulumi too, which ends what is under way and keeps the state whole; this process runs the program,
 * so it stays until then. The second one ends both at once.
 * @param onFirst is called by the first one.
 * @param leave is called before this process ends.
 * @returns ends it: Ctrl-C means again what it always does.
 */
export function heedInterrupts(onFirst: () => void, leave: () => void): () => void {
  let times = 0;
  const onInterrupt = () => {
    if (++times === 1) {
      onFirst();
      say("  ! interrupted: what is under way is brought to its end; Ctrl-C again ends it where it stands");
      return;
    }
    leave();
    process.exit(130);
  };
  process.on("SIGINT", onInterrupt);
  return () => void process.off("SIGINT", onInterrupt);
}
