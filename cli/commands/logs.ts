import type { Command } from "commander";
import { command } from "../command.ts";

/** Shows logs. */
export function logsCommand(beat: Command): void {
  command(
    beat,
    "logs",
    "show logs of one container, or of all",
    { create: false, target: true },
    async (session, options, name) => {
      const { follow = false, tail = "100" } = options as { follow?: boolean; tail?: string };
      await session.target.logs(name, { follow, tail: Number(tail) || 100 });
    },
  )
    .argument("[name]", "container, pod or component, e.g. core-service")
    .option("-f, --follow", "go on with new lines")
    .option("-n, --tail <lines>", "how many lines at first", "100");
}
