import type { Command } from "commander";
import { type Common, command } from "../command.ts";
import { down } from "../deploy.ts";
import { print, say } from "../output.ts";

/** Takes a stack down. */
export function downCommand(beat: Command): void {
  command(
    beat,
    "down",
    'take the stack down; its data stays, unless --volumes is said or platform:kubernetes.volumes is "delete"',
    { create: "where its remains are", target: true },
    async (session, options) => {
      const {
        volumes = false,
        yes = false,
        named,
        json,
      } = options as Common & { volumes?: boolean; yes?: boolean };
      const lost = await down(session, { volumes, yes, named, json });
      if (lost === undefined) {
        say(`nothing was done to ${session.name}`);
        return;
      }
      const ending = volumes
        ? ", its data is deleted"
        : lost.length > 0
          ? `; deleted with their data: ${lost.join(", ")} (kubernetes.volumes is "delete")`
          : "; its volumes and secrets are kept";
      print(`${session.name} is down${ending}`);
    },
  )
    .option("--volumes", "delete volumes and secrets too; backups stay")
    .option("-y, --yes", "do not ask; for a stack in production only together with --stack");
}
