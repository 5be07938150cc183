import type { Command } from "commander";
import { command } from "../command.ts";
import { down } from "../deploy.ts";
import { print } from "../output.ts";

/** Takes a stack down. */
export function downCommand(beat: Command): void {
  command(
    beat,
    "down",
    "take the stack down; its data stays",
    { create: false, target: true },
    async (session, options) => {
      const { volumes = false, yes = false } = options as { volumes?: boolean; yes?: boolean };
      await down(session, { volumes, yes });
      print(
        `${session.name} is down${volumes ? ", its data is deleted" : "; its volumes and secrets are kept"}`,
      );
    },
  )
    .option("--volumes", "delete volumes and secrets too")
    .option("-y, --yes", "do not ask");
}
