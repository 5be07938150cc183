import { command, print, printJson } from "../command.ts";
import { confirmed } from "../confirm.ts";

command(
  "backup",
  "save the stores of a stack on Kubernetes now, or list what was saved",
  { create: false, target: true },
  async (session, options) => {
    const { json, store, list } = options as { json?: boolean; store?: string; list?: boolean };
    const { backUp, listBackups } = await import("../kubernetes/backups.ts");
    if (!list) {
      const lines = await backUp(session, store);
      return json ? printJson(lines) : print(lines.join("\n"));
    }
    const all = (await listBackups(session)).filter(
      (backup) => store === undefined || backup.store === store,
    );
    if (json) return printJson(all);
    if (all.length === 0) print("there are no backups yet");
    for (const { store, database, file, bytes } of all)
      print(`${store.padEnd(9)} ${database.padEnd(20)} ${file.padEnd(28)} ${bytes} bytes`);
  },
)
  .argument("[stack]", "stack to work on, like --stack")
  .option("--store <name>", "postgres or mongo; default: all that are saved")
  .option("--list", "list the backups");

command(
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
    const { restore, restoreScript } = await import("../kubernetes/backups.ts");
    // Wrong arguments are said before anybody is asked.
    restoreScript(session, { store, database, from });
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
  .requiredOption("--store <name>", "postgres or mongo")
  .requiredOption("--database <name>", "database, e.g. core_service")
  .option("--from <file>", "a file of `beat backup --list`", "latest")
  .option("-y, --yes", "do not ask");
