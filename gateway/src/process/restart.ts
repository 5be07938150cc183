import { youngGeneration } from "./young-generation.ts";

/** Whether somebody has chosen a size already, or this process has it. */
const chosen = ({ execArgv, env }: Pick<NodeJS.Process, "execArgv" | "env">): boolean =>
  [...execArgv, env.NODE_OPTIONS ?? ""].some((text) => /--(?:max|min)[-_]semi[-_]space/.test(text));

/**
 * Starts this program anew with {@link youngGeneration}, in place: same process, same files. V8 reads the flag only as it
 * starts. Where Node has no `execve` (before 22.15, and on Windows) the program goes on as it is, and needs more memory.
 */
function restart(): void {
  const { execve, execPath, execArgv, argv, env } = process;
  if (execve === undefined || chosen(process)) return;
  try {
    execve.call(process, execPath, [execPath, youngGeneration, ...execArgv, ...argv.slice(1)], env);
  } catch {
    // Not on this platform.
  }
}

// The other commands end at once, and workers are started with the flag.
if ((process.argv[2] ?? "serve") === "serve") restart();
