import type { Command } from "commander";
import { kindsWithBackup } from "../../stores/index.ts";
import { uploadsName } from "../../stores/uploads.ts";
import { command } from "../command.ts";
import { waitBeside } from "../leave-running.ts";
import { print, printJson } from "../output.ts";

const storeChoice = `${[...kindsWithBackup, uploadsName].join(", ")}; default: everything that is saved`;

/** Saves what a stack holds, lists what was saved, or tries whether it can be restored. */
export function backupCommand(beat: Command): void {
  const backup = command(
    beat,
    "backup",
    "save databases and uploads of a stack now, or list what was saved",
    { create: "where its remains are", target: true },
    async (session, options) => {
      const { json, store, list } = options as { json?: boolean; store?: string; list?: boolean };
      const operations = await session.target.backups();
      if (!list) {
        const others = store === undefined ? "; what had not begun yet is not saved" : "";
        const lines = await waitBeside(
          session,
          `the backup that is under way goes on in its container or job to its end${others}; to see it: ./beat status`,
          () => operations.save(store),
        );
        return json ? printJson(lines) : print(lines.join("\n"));
      }
      const all = (await operations.list()).filter((found) => store === undefined || found.store === store);
      if (json) return printJson(all);
      if (all.length === 0) print("there are no backups yet");
      for (const { store, database, file, bytes, note } of all)
        print(
          `${store.padEnd(9)} ${database.padEnd(20)} ${file.padEnd(28)} ${bytes} bytes${note ? ` (${note})` : ""}`,
        );
    },
  )
    .argument("[stack]", "stack to work on, like --stack")
    .option("--store <name>", storeChoice)
    .option("--list", "list the backups");
  command(
    backup,
    "verify",
    "restore the newest backups into a place of their own and count what is in them",
    { create: "where its remains are", target: true },
    async (session, options) => {
      const { json, store } = options as { json?: boolean; store?: string };
      const operations = await session.target.backups();
      const others = store === undefined ? "; what had not begun yet is not tried" : "";
      const lines = await waitBeside(
        session,
        `the drill that is under way goes on in its container or job to its end${others}; to see it: ./beat status`,
        () => operations.verify(store),
      );
      if (json) printJson(lines);
      else print(lines.join("\n"));
    },
  )
    .argument("[stack]", "stack to work on, like --stack")
    .option("--store <name>", storeChoice);
}
