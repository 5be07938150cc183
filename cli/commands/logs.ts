import type { Command } from "commander";
import { command } from "../command.ts";
import { secretsOf } from "../known-secrets.ts";
import { heedLeave } from "../leave.ts";
import { showLogs } from "../logs/logs.ts";
import { logOptions, type WrittenOptions } from "../logs/options.ts";
import { say, standardOutput } from "../output.ts";
import type { Session } from "../session.ts";

/** As a shell tells of a program that wrote to a pipe which nobody reads any more: `./beat logs | head` is no failure. */
const brokenPipe = 141;

/** Shows logs. */
export function logsCommand(beat: Command): void {
  command(
    beat,
    "logs",
    "show what the stack's parts log, in the order of time",
    { create: "where its remains are", target: true, state: true },
    (session, options, ...names) => show(session, options as Flags, names),
  )
    .argument("[names...]", "parts, containers or pods, e.g. gateway core-service; default: all")
    .option("-f, --follow", "go on with new lines, over restarts and replacements")
    .option("-n, --tail <lines>", "how many of each at first, or all (default: 100; all with a choice below)")
    .option(
      "--since <time>",
      "only what is as young as 10m, or 1h30m, or from a time on, 2026-11-28T16:00:00Z",
    )
    .option("--grep <pattern>", "only what a regular expression finds, with the lines that belong to it")
    .option("--level <level>", "only what is as bad as debug, info, warn, error or fatal, or worse")
    .option(
      "--request <id>",
      "only the lines of one request, in the gateway and the services: its X-Request-ID",
    )
    // Refused before the stack is opened.
    .hook("preAction", (_, self) => void logOptions(self.opts<WrittenOptions>(), Date.now()));
}

type Flags = WrittenOptions & { readonly json?: boolean };

async function show(session: Session, flags: Flags, names: readonly string[]): Promise<void> {
  const options = logOptions(flags, Date.now());
  const ended = new AbortController();
  const heedless = heedLeave((code) => {
    process.exitCode = code === brokenPipe ? 0 : code;
    ended.abort();
  });
  try {
    const count = await showLogs({
      place: session.target.logs(),
      planned: session.target.planned(),
      names,
      options,
      json: flags.json ?? false,
      secrets: secretsOf(session),
      output: standardOutput,
      env: process.env,
      signal: ended.signal,
    });
    if (count > 0 || options.request === undefined || ended.signal.aborted) return;
    say(`beat: no line that is there is about the request ${options.request}: see docs/logs.md`);
    process.exitCode = 1;
  } catch (error) {
    if (!ended.signal.aborted) throw error;
  } finally {
    heedless();
  }
}
