import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseSettings } from "../../config/settings/parse.ts";
import { ruleGroups } from "../../infra/observe/alerts/all.ts";
import { dashboardFiles } from "../../infra/observe/dashboard-files.ts";
import { subjectOf } from "../../infra/observe/subject.ts";
import { loadDefinition } from "../../stacks/program.ts";
import type { RenderSource } from "./sources.ts";
import { yamlText } from "./yaml-text.ts";

/** The files of a format, by name: rules as Prometheus reads them, or dashboards as Grafana imports them. */
export async function observedFiles(
  format: "rules" | "dashboards",
  stack: string,
  { config }: Pick<RenderSource, "config">,
): Promise<Readonly<Record<string, string>>> {
  const settings = parseSettings(config, process.env);
  const subject = subjectOf(await loadDefinition(settings.definition), settings, stack);
  return format === "dashboards"
    ? dashboardFiles(subject)
    : { "alerts.yaml": yamlText({ groups: ruleGroups(subject) }) };
}

/** Writes the files into a folder; others in it are left alone. */
export function writeObserved(folder: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
}
