import { join } from "node:path";
import { type Command, Option } from "commander";
import { InputError } from "../../core/problems.ts";
import { beatDirectory } from "../clone.ts";
import { oldSpelling, stackCalled, stackNamed, stackOption } from "../command.ts";
import { print, printAsIs, printJsonAsIs, say } from "../output.ts";

/** Writes what a stack is made of as files for others: the objects of a cluster, or a Compose project. */
export function renderCommand(beat: Command): void {
  beat
    .command("render")
    .description(
      "write the objects that `pulumi up` sends to Kubernetes as YAML, a stack as a Compose project, its alerts or its dashboards",
    )
    .argument(
      "[stack]",
      "stack to render, like --stack; where neither is said: dev as a Compose project, prod as objects",
    )
    .addOption(stackOption())
    .addOption(
      new Option(
        "--format <format>",
        "kubernetes: a file per object; compose: a project for `docker compose up --wait`; rules: alerts for Prometheus; dashboards: for Grafana",
      )
        .choices(["kubernetes", "compose", "rules", "dashboards"])
        .default("kubernetes"),
    )
    .option("-o, --out <folder>", "where to write the files, - for standard output")
    .option("--show-secrets", "with the values of secrets")
    .option("--json", "write one JSON list to standard output")
    .action(async (named: string | undefined, options: RenderOptions, self: Command) => {
      const option = self.getOptionValueSource("stack") === "cli" ? options.stack : undefined;
      stackNamed(named, option);
      if (options.format === "compose") return compose(stackCalled(named ?? options.stack), options);
      if (options.format !== "kubernetes")
        return observed(options.format, stackCalled(named ?? options.stack), options);
      const unnamed =
        self.getOptionValueSource("stack") === "default" && process.env.BEAT_STACK === undefined;
      const stack = stackCalled(named ?? (unnamed ? "prod" : options.stack));
      if (named === undefined && unnamed) oldSpelling("./beat render");
      const { renderSource } = await import("../render/sources.ts");
      const { rendered } = await import("../render/objects.ts");
      const { writeObjects, yamlOf } = await import("../render/yaml.ts");
      const { config, kept, placeholders, typed } = await renderSource(stack);
      const showSecrets = options.showSecrets ?? false;
      const objects = await typed(() => rendered({ stack, config, kept, showSecrets }));
      if (placeholders.length > 0)
        say(
          `Placeholders stand for what is missing: ${placeholders.join(", ")}; to make them: ./beat secrets make`,
        );
      if (options.json) return printJsonAsIs(objects);
      if (options.out === "-") return printAsIs(objects.map(yamlOf).join("---\n"));
      const folder = options.out ?? join(beatDirectory, "render", stack);
      writeObjects(folder, objects);
      print(`${objects.length} objects in ${folder}`);
    });
}

async function compose(stack: string, options: RenderOptions): Promise<void> {
  const { renderSource } = await import("../render/sources.ts");
  const { firstSteps, composeOf, composeText, writeCompose } = await import("../render/compose.ts");
  const source = await renderSource(stack);
  const project = await source.typed(() => composeOf(stack, source.config));
  for (const step of firstSteps(project)) say(step);
  if (options.json) return printJsonAsIs(project.file);
  if (options.out === "-") return printAsIs(composeText(project));
  const folder = options.out ?? join(beatDirectory, "render", `${stack}-compose`);
  const lacking = source.placeholders;
  if (options.showSecrets && source.config["platform:generateSecrets"] === "false" && lacking.length > 0)
    throw new InputError("the stack's secrets are not complete", [
      {
        path: "platform:secrets",
        message: `lacks ${lacking.join(", ")}, and platform:generateSecrets is false`,
        fix: "./beat secrets make",
      },
    ]);
  const { services, withSecrets, made } = await writeCompose(
    folder,
    project,
    source,
    options.showSecrets ?? false,
  );
  if (!withSecrets) say("It needs secrets.env beside it: --show-secrets writes that, too.");
  if (made.length > 0) say(`Made for this project, and known to secrets.env alone: ${made.join(", ")}.`);
  print(`${services} services in ${folder}`);
  say(`cd ${folder} && docker compose --env-file .env --env-file secrets.env up --build --wait`);
}

/** What a stack is observed by: no secret is in it. */
async function observed(
  format: "rules" | "dashboards",
  stack: string,
  options: Pick<RenderOptions, "out" | "json">,
): Promise<void> {
  const { renderSource } = await import("../render/sources.ts");
  const { observedFiles, writeObserved } = await import("../render/observed.ts");
  const source = await renderSource(stack);
  const files = await source.typed(() => observedFiles(format, stack, source));
  if (options.json) return printJsonAsIs(files);
  if (options.out === "-") return printAsIs(Object.values(files).join("\n"));
  const folder = options.out ?? join(beatDirectory, "render", `${stack}-${format}`);
  writeObserved(folder, files);
  print(`${Object.keys(files).join(", ")} in ${folder}`);
}

interface RenderOptions {
  readonly format: "kubernetes" | "compose" | "rules" | "dashboards";
  readonly stack: string;
  readonly out?: string;
  readonly showSecrets?: boolean;
  readonly json?: boolean;
}
