import type { Command } from "commander";
import { savedKinds } from "../../stores/index.ts";
import { command } from "../command.ts";
import { print, printJson } from "../output.ts";

/** Saves stores, or lists what was saved. */
export function backupCommand(beat: Command): void {
  command(
    beat,
    "backup",
    "save the stores of a stack on Kubernetes now, or list what was saved",
    { create: false, target: true },
    async (session, options) => {
      const { json, store, list } = options as { json?: boolean; store?: string; list?: boolean };
      const { backUp, listBackups } = await import("../../infra/kubernetes/operate/backups.ts");
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
    .option("--store <name>", `${savedKinds.join(" or ")}; default: all that are saved`)
    .option("--list", "list the backups");
}
