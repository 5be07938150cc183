import { constants } from "node:os";

/** What asks a process to end: Ctrl-C, a CI system or an init system, and a terminal that went away. */
export const endings = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** How a process ends that is told to, by the number that a shell gives for the signal. */
export const codeOf = (signal: NodeJS.Signals): number => 128 + constants.signals[signal];

/** As a shell tells of a program that wrote to a pipe which nobody reads any more. */
const brokenPipe = 141;

/** What has to be done before the process may end. */
let finish: ((code: number) => void) | undefined;

/**
 * From now on the process does not end at once when it is told to, or when nobody reads what it writes any more.
 * @param onLeave is called the first time, with the exit code that is due; whoever tells it again ends it where it stands.
 * @returns ends it.
 */
export function heedLeave(onLeave: (code: number) => void): () => void {
  let left = false;
  const handlers = endings.map((signal) => {
    const code = codeOf(signal);
    const handler = () => {
      if (left) process.exit(code);
      left = true;
      onLeave(code);
    };
    process.on(signal, handler);
    return () => void process.off(signal, handler);
  });
  finish = (code) => {
    if (left) return;
    left = true;
    onLeave(code);
  };
  return () => {
    finish = undefined;
    for (const off of handlers) off();
  };
}

/**
 * From now on it is no matter that nobody reads what is written any more: what is under way goes on to its end. The `tee` that
 * shows it is ended by the same Ctrl-C.
 */
export function goOnUnread(): void {
  finish = () => {};
}

/** What becomes of a stream that cannot be written to. */
export function onWriteError({ code }: NodeJS.ErrnoException): void {
  if (finish !== undefined) finish(code === "EPIPE" ? brokenPipe : 1);
  // `./beat logs | head` closes the pipe early, which is no failure.
  else if (process.exitCode !== brokenPipe) process.exit(code === "EPIPE" ? (process.exitCode ?? 0) : 1);
}
