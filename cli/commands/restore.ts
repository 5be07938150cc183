import type { Command } from "commander";
import { savedKinds } from "../../stores/index.ts";
import { command } from "../command.ts";
import { confirmed } from "../confirm.ts";
import { print, printJson } from "../output.ts";

/** Puts a backup in place of a database. */
export function restoreCommand(beat: Command): void {
  command(
    beat,
    "restore",
    "put a backup in place of a database of a stack on Kubernetes; what it was is kept",
    { create: false, target: true },
    async (session, options) => {
      const { json, store, database, from, yes } = options as unknown as {
        json?: boolean;
        store: string;
        database: string;
        from: string;
        yes?: boolean;
      };
      const { restore, restoreSteps } = await import("../../infra/kubernetes/operate/backups.ts");
      // Wrong arguments are said before anybody is asked.
      restoreSteps(session, { store, database, from });
      const goOn = await confirmed({
        message: `Put the backup ${from} in place of ${store}'s ${database} in ${session.name}? Its clients are cut off for a moment.`,
        path: "restore",
        consequence: `replaces ${database} by a backup and cuts its clients off`,
        yes: yes ?? false,
      });
      if (!goOn) return;
      const lines = await restore(session, { store, database, from });
      if (json) printJson(lines);
      else print(lines.join("\n"));
    },
  )
    .argument("[stack]", "stack to work on, like --stack")
    .requiredOption("--store <name>", savedKinds.join(" or "))
    .requiredOption("--database <name>", "database, e.g. core_service")
    .option("--from <file>", "a file of `beat backup --list`", "latest")
    .option("-y, --yes", "do not ask");
}
