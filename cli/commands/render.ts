import { join } from "node:path";
import type { Command } from "commander";
import { oldSpelling, print, printJson, stackOption } from "../command.ts";
import { say } from "../targets/target.ts";
import { beatDirectory } from "../workspace.ts";

/** Writes the objects of a cluster as YAML. */
export function renderCommand(beat: Command): void {
  beat
    .command("render")
    .description("write the objects that `pulumi up` sends to Kubernetes as YAML; needs no cluster")
    .argument("[stack]", "stack to render, like --stack")
    .addOption(stackOption())
    .option("-o, --out <folder>", "where to write a file per object, - for standard output")
    .option("--show-secrets", "with the values of secrets")
    .option("--json", "write one JSON list to standard output")
    .action(async (named: string | undefined, options: RenderOptions, self: Command) => {
      const unnamed =
        self.getOptionValueSource("stack") === "default" && process.env.BEAT_STACK === undefined;
      if (named === undefined && unnamed) oldSpelling("./beat render prod");
      const stack = named ?? (unnamed ? "prod" : options.stack);
      const { renderSource } = await import("../render/sources.ts");
      const { rendered } = await import("../render/objects.ts");
      const { writeObjects, yamlOf } = await import("../render/yaml.ts");
      const { config, kept, placeholders } = await renderSource(stack);
      const objects = await rendered({ stack, config, kept, showSecrets: options.showSecrets ?? false });
      if (placeholders.length > 0)
        say(
          `Placeholders stand for what is missing: ${placeholders.join(", ")}; ./beat secrets make ${stack} makes them.`,
        );
      if (options.json) return printJson(objects);
      if (options.out === "-") return print(objects.map(yamlOf).join("---\n"));
      const folder = options.out ?? join(beatDirectory, "render", stack);
      writeObjects(folder, objects);
      print(`${objects.length} objects in ${folder}`);
    });
}

interface RenderOptions {
  readonly stack: string;
  readonly out?: string;
  readonly showSecrets?: boolean;
  readonly json?: boolean;
}
