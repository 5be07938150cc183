import type { Command } from "commander";
import { kindsWithBackup } from "../../stores/index.ts";
import { uploadsName } from "../../stores/uploads.ts";
import { command } from "../command.ts";
import { confirmed } from "../confirm.ts";
import { waitBeside } from "../leave-running.ts";
import { print, printJson } from "../output.ts";

/** Puts a backup in place of a database. */
export function restoreCommand(beat: Command): void {
  command(
    beat,
    "restore",
    "put a backup in place of a database or of uploads; what it was is kept",
    { create: "where its remains are", target: true },
    async (session, options) => {
      const {
        json,
        store,
        database,
        from: named,
        yes,
      } = options as unknown as {
        json?: boolean;
        store: string;
        database: string;
        from: string;
        yes?: boolean;
      };
      // As a script that saves prints it, too.
      const from = named.replace(/^(?:\/backups\/)?([^/]+)\/([^/]+)\/(?=[^/]+$)/, (path, of, part) =>
        of === store && part === database ? "" : path,
      );
      const operations = await session.target.backups();
      // Wrong arguments are said before anybody is asked.
      operations.examine({ store, database, from });
      const goOn = await confirmed({
        message: `Put the backup ${from} in place of ${store}'s ${database} in ${session.name}? Its clients are cut off for a moment.`,
        path: "restore",
        consequence: `replaces ${database} by a backup and cuts its clients off`,
        yes: yes ?? false,
      });
      if (!goOn) return;
      const kept = store === "postgres" ? `${database}_before_<time>` : "<time>.before-restore…";
      const lines = await waitBeside(
        session,
        `the restore goes on in its container or job to its end; what ${database} was is kept as ${kept}; a second restore is refused until then; to see it: ./beat status`,
        () => operations.restore({ store, database, from }),
      );
      if (json) printJson(lines);
      else print(lines.join("\n"));
    },
  )
    .argument("[stack]", "stack to work on, like --stack")
    .requiredOption("--store <name>", [...kindsWithBackup, uploadsName].join(", "))
    .requiredOption("--database <name>", "database or volume, e.g. core_service, core-public")
    .option("--from <file>", "a file of `beat backup --list`", "latest")
    .option("-y, --yes", "do not ask");
}
