import type { Command } from "commander";
import { command } from "../command.ts";
import { up } from "../deploy.ts";
import { print, printJson, say } from "../output.ts";

/** Brings a stack up. */
export function upCommand(beat: Command): void {
  command(
    beat,
    "up",
    "bring the stack up and wait until it answers",
    { create: true, target: false, state: true },
    async (session, options) => {
      const {
        json,
        adoptCluster = false,
        yes = false,
      } = options as { json?: boolean; adoptCluster?: boolean; yes?: boolean };
      const result = await up(session, { adoptCluster, yes, json });
      if (result === undefined) {
        say(`nothing was changed of ${session.name}`);
        return;
      }
      if (json) return printJson(result);
      const { same = 0, read: _, ...changed } = result.changes;
      const changes = Object.entries(changed).map(([op, count]) => `${count} ${op}`);
      print(
        `\n${result.stack} is up after ${result.seconds.toFixed(1)} s (${[...changes, `${same} unchanged`].join(", ")})\n`,
      );
      for (const [name, url] of Object.entries(result.urls)) print(`  ${name.padEnd(20)} ${url}`);
      print("\n  passwords: ./beat secrets list    logs: ./beat logs <name>    stop: ./beat down");
    },
  )
    .option("--adopt-cluster", "go on in a cluster that the stack was not made on")
    .option("-y, --yes", "do not ask about a stack in production");
}
