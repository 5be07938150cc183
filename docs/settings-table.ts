import { z } from "zod";
import { backupsSchema } from "../config/settings/backups.ts";
import { externalSchema, kubernetesSchema } from "../config/settings/kubernetes.ts";
import { clusterObservabilitySchema } from "../config/settings/observability.ts";

/** The part of JSON Schema that zod writes for settings. */
interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
}

const cell = (text: string): string => text.replaceAll("|", "\\|");
const code = (value: unknown): string => (value === undefined ? "" : `\`${cell(JSON.stringify(value))}\``);

function kindOf(schema: Schema): string {
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(code).join(", ");
  return schema.type ?? "";
}

/** One row for each setting below a path; each form of a choice by itself. */
function rowsOf(path: string, schema: Schema, said = schema.description): string[] {
  const forms = schema.anyOf ?? schema.oneOf;
  if (forms !== undefined)
    return forms.flatMap((form) => {
      const type = form.properties?.type?.const;
      return rowsOf(type === undefined ? path : `${path} (${String(type)})`, form, form.description ?? said);
    });
  if (schema.properties === undefined || Object.keys(schema.properties).length === 0)
    return [`| \`${path}\` | ${cell(said ?? "")} | ${kindOf(schema)} | ${code(schema.default)} |`];
  return Object.entries(schema.properties)
    .filter(([name, { const: only }]) => !(name === "type" && only !== undefined))
    .flatMap(([name, child]) => rowsOf(`${path}.${name}`, child));
}

/** Every setting under `platform:backups`, `platform:kubernetes`, `platform:external` and `platform:observability`, with its form and default. */
export function clusterSettings(): string {
  const rows = [
    ["backups", backupsSchema],
    ["kubernetes", kubernetesSchema],
    ["external", externalSchema],
    ["observability", clusterObservabilitySchema],
  ] as const;
  return [
    "| setting | what it is | form | default |",
    "|---|---|---|---|",
    ...rows.flatMap(([name, schema]) =>
      rowsOf(name, z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Schema),
    ),
  ].join("\n");
}
