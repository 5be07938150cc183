import { join } from "node:path";
import { beat, command, print, printJson } from "../command.ts";
import { confirmed } from "../confirm.ts";
import { say } from "../targets/target.ts";
import { beatDirectory } from "../workspace.ts";

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
    const { restore, restoreSteps } = await import("../kubernetes/backups.ts");
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
  .requiredOption("--store <name>", "postgres or mongo")
  .requiredOption("--database <name>", "database, e.g. core_service")
  .option("--from <file>", "a file of `beat backup --list`", "latest")
  .option("-y, --yes", "do not ask");

beat
  .command("render")
  .description("write the objects that `pulumi up` sends to Kubernetes as YAML; needs no cluster")
  .argument("[stack]", "stack to render, like --stack")
  .option("-s, --stack <name>", "stack to render", process.env.BEAT_STACK ?? "prod")
  .option("-o, --out <folder>", "where to write a file per object, - for standard output")
  .option("--show-secrets", "with the values of secrets")
  .option("--json", "write one JSON list to standard output")
  .action(async (named: string | undefined, options: RenderOptions) => {
    const stack = named ?? options.stack;
    const { renderSource } = await import("../render/sources.ts");
    const { rendered } = await import("../render/objects.ts");
    const { writeObjects, yamlOf } = await import("../render/yaml.ts");
    const { config, kept, placeholders } = await renderSource(stack);
    const objects = await rendered({ stack, config, kept, showSecrets: options.showSecrets ?? false });
    if (placeholders.length > 0)
      say(
        `Placeholders stand for what is missing: ${placeholders.join(", ")}; ./beat secrets ${stack} makes them.`,
      );
    if (options.json) return printJson(objects);
    if (options.out === "-") return print(objects.map(yamlOf).join("---\n"));
    const folder = options.out ?? join(beatDirectory, "render", stack);
    writeObjects(folder, objects);
    print(`${objects.length} objects in ${folder}`);
  });

interface RenderOptions {
  readonly stack: string;
  readonly out?: string;
  readonly showSecrets?: boolean;
  readonly json?: boolean;
}
