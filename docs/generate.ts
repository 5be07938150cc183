import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { imageReference } from "../config/catalogue.ts";
import type { PlatformModel } from "../config/define/model.ts";
import { renderEnvironment } from "../config/environment.ts";
import { imageNames } from "../config/images.ts";
import { platform } from "../config/platform.ts";
import { parseSettings } from "../config/settings/parse.ts";
import { settingsSchemas } from "../config/settings/schema.ts";
import { stackSchema } from "../config/settings/stack-schema.ts";
import { environmentOverrides } from "../config/settings/variables.ts";
import { storeHosts, storeKinds } from "../stores/index.ts";
import { alertList } from "./alerts.ts";
import { type Change, changes } from "./day-two.ts";
import { clusterSettings } from "./settings-table.ts";

/**
 * Writes the generated parts of the README and of the documents beside this file: `npm run docs`. A test holds that they are
 * current. Each part stands between `<!-- name -->` and `<!-- /name -->`.
 */
const model: PlatformModel = platform;
const defaults = parseSettings({});

/** The platform as a Mermaid graph: who talks to whom. */
function picture(): string {
  const id = (name: string) => name.replaceAll("-", "_");
  const lines = ["flowchart LR", `  client((client)) -->|:${model.gateway.port}| gateway`];
  for (const service of Object.values(model.services)) {
    const prefixes = service.routes
      .map(({ prefix, websocket }) => (websocket ? `${prefix} ws` : prefix))
      .join(" ");
    lines.push(`  gateway -->|${prefixes}| ${id(service.name)}["${service.name} :${service.port}"]`);
    for (const kind of storeKinds)
      if (service.needs[kind] !== undefined)
        lines.push(`  ${id(service.name)} --> ${kind}[("${storeHosts[kind]}")]`);
    for (const callee of service.needs.calls) lines.push(`  ${id(service.name)} -.->|HTTP| ${id(callee)}`);
  }
  return ["```mermaid", ...lines, "```"].join("\n");
}

const cell = (value: unknown): string =>
  (value === undefined ? "" : `\`${JSON.stringify(value)}\``).replaceAll("|", "\\|");

/** Every `platform:*` setting with its default. */
function settings(): string {
  const rows = Object.entries({ ...settingsSchemas.docker.shape, ...settingsSchemas.kubernetes.shape }).map(
    ([key, schema]) => {
      const text = (schema as { description?: string }).description ?? "";
      // Its table is in docs/kubernetes.md.
      const value = key === "kubernetes" ? undefined : defaults[key as keyof typeof defaults];
      return `| \`platform:${key}\` | ${text} | ${cell(value)} |`;
    },
  );
  const overrides = Object.entries(environmentOverrides).map(([variable, key]) => `\`${variable}\` (${key})`);
  return [
    "| setting | what | default |",
    "|---|---|---|",
    ...rows,
    "",
    `Environment variables of the original project override these in a stack on an engine with \`platform:environment: Development\`, except a port that its file sets to \`false\`: ${overrides.join(", ")}.`,
  ].join("\n");
}

/** The image catalogue. */
function imageTable(): string {
  return [
    "| image | reference |",
    "|---|---|",
    ...imageNames.map((name) => `| ${name} | \`${imageReference(name, defaults.images)}\` |`),
  ].join("\n");
}

/** Which service reads which variable. */
function environment(): string {
  const services = Object.values(model.services);
  const rendered = services.map((service) => renderEnvironment(model, service, defaults));
  const names = [...new Set(rendered.flatMap((env) => Object.keys(env)))].sort();
  const show = (index: number, name: string): string => {
    const found = rendered[index]?.[name];
    if (found === undefined) return "";
    return `\`${found.render((part) => (part.kind === "secret" ? `<secret ${part.name}>` : part.kind === "host" ? part.of : part.kind === "port" ? `<port of ${part.of}>` : `<${part.fact}>`))}\``;
  };
  return [
    `| variable | ${services.map(({ name }) => name).join(" | ")} |`,
    `|---|${services.map(() => "---").join("|")}|`,
    ...names.map((name) => `| \`${name}\` | ${services.map((_, index) => show(index, name)).join(" | ")} |`),
  ].join("\n");
}

/** What changes of a platform that runs come to. */
function changeTable(changes: Readonly<Record<string, Change>>): string {
  return [
    "| change | `./beat` says | data | the way back |",
    "|---|---|---|---|",
    ...Object.values(changes).map(
      ({ what, says, data, back }) => `| ${what} | ${says.replaceAll("|", "\\|")} | ${data} | ${back} |`,
    ),
  ].join("\n");
}

/** A document with its generated parts brought up to date. */
export function update(text: string): string {
  const parts: Readonly<Record<string, () => string>> = {
    picture,
    settings,
    images: imageTable,
    environment,
    cluster: clusterSettings,
    alerts: alertList,
    changes: () => changeTable(changes),
  };
  return Object.entries(parts).reduce(
    (document, [name, make]) =>
      document.replace(
        new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(<!-- /${name} -->)`),
        (_all, open: string, close: string) => `${open}${make()}\n${close}`,
      ),
    text,
  );
}

/** The documents that have generated parts. */
export const documents = [
  "README.md",
  "docs/environment.md",
  "docs/kubernetes.md",
  "docs/changing.md",
  "docs/alerts.md",
].map((name) => fileURLToPath(new URL(`../${name}`, import.meta.url)));

/** Where the JSON Schema of a stack's settings lies; the first line of `Pulumi.<stack>.yaml` names it. */
export const schemaFile = fileURLToPath(new URL("../config/stack.schema.json", import.meta.url));
/** What stands in it. */
export const schemaText = (): string => `${JSON.stringify(stackSchema(), undefined, 2)}\n`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(schemaFile, schemaText());
  for (const document of documents) writeFileSync(document, update(readFileSync(document, "utf8")));
}
