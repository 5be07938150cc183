import { delimiter, dirname } from "node:path";
import type { PulumiCommand } from "@pulumi/pulumi/automation/index.js";
import { execa } from "execa";

/** What a run of the CLI came to. */
interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** How the Automation API runs the CLI; its types leave this out. */
export type Run = (
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
  onOutput?: (text: string) => void,
  onError?: (text: string) => void,
  signal?: AbortSignal,
) => Promise<Ran>;

/**
 * Pulumi's CLI, where a run that can be interrupted is a process group of its own. A terminal, `timeout` and CI systems signal
 * the whole group or its first process alone, which nobody can tell apart; and Pulumi takes a second signal for the wish to end
 * at once. So it gets none but what this process hands on: one when the run is aborted, one more when this process ends.
 */
export function apart(command: PulumiCommand): PulumiCommand & { readonly run: Run } {
  const { run: usual } = command as unknown as { readonly run: Run };
  const run: Run = async (args, cwd, env, onOutput, onError, signal) => {
    if (signal === undefined) return usual.call(command, args, cwd, env, onOutput, onError);
    signal.throwIfAborted();
    // Arguments and environment as the Automation API gives them.
    const child = execa(command.command, [...args, "--non-interactive"], {
      cwd,
      env: {
        ...env,
        PATH: [dirname(command.command), env.PATH ?? process.env.PATH].join(delimiter),
        PULUMI_AUTOMATION_API: "true",
      },
      detached: true,
      cleanup: false,
      reject: false,
      maxBuffer: Number.MAX_SAFE_INTEGER,
    });
    child.stdout.on("data", (data) => onOutput?.(String(data)));
    child.stderr.on("data", (data) => onError?.(String(data)));
    const interrupt = () => void child.kill("SIGINT");
    signal.addEventListener("abort", interrupt);
    process.on("exit", interrupt);
    try {
      const { stdout, stderr, exitCode, failed, message } = await child;
      if (exitCode === undefined) throw new Error(message);
      if (failed) throw new Error(`code: ${exitCode}\n stdout: ${stdout}\n stderr: ${stderr}\n`);
      return { stdout, stderr, code: exitCode };
    } finally {
      signal.removeEventListener("abort", interrupt);
      process.off("exit", interrupt);
    }
  };
  return Object.assign(Object.create(command) as PulumiCommand, { run });
}
