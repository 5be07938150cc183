import type { z } from "zod";
import { configRemoveCommand, configSetCommand } from "../../core/config-commands.ts";
import { fitting, found, shown } from "../../core/issues.ts";
import { joinPath, type Problem } from "../../core/problems.ts";
import { quoted } from "../../core/shell.ts";
import { mustGo, suggestedValue } from "../../core/validation.ts";
import { type Settings, settingsSchemas } from "./schema.ts";
import { secretRule } from "./secret-rules.ts";

/** What every setting of the project begins with in a stack's configuration. */
export const namespace = "platform:";

/**
 * What zod found, as people read it: with the setting's whole path, the wrong value unless it is secret, and the mend.
 * @param raw the settings as they were given.
 * @param target whose schema they were held against; an unknown key is told the known ones.
 */
export function problemsOf(issue: z.core.$ZodIssue, raw: unknown, target: Settings["target"]): Problem[] {
  const inner = issue.code === "invalid_union" ? fitting(issue.errors) : undefined;
  if (inner !== undefined)
    return inner.flatMap((found) =>
      problemsOf({ ...found, path: [...issue.path, ...found.path] } as z.core.$ZodIssue, raw, target),
    );
  const path = `${namespace}${joinPath(issue.path)}`;
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => {
      const unknown = `${namespace}${joinPath([...issue.path, key])}`;
      const other = target === "docker" ? "kubernetes" : "docker";
      if (keysAt(issue.path, settingsSchemas[other]).includes(key))
        return {
          path: unknown,
          message: `belongs to the target ${other}, and this stack's is ${target}`,
          fix: `remove it: ${configRemoveCommand(unknown)}, or set ${namespace}target: ${other}`,
        };
      return {
        path: unknown,
        message: "is not a setting",
        fix: [
          `remove it: ${configRemoveCommand(unknown)}`,
          keysAt(issue.path, settingsSchemas[target]).join(", "),
        ]
          .filter(Boolean)
          .join(", or use one of "),
      };
    });
  if (issue.code === "invalid_key")
    return [
      {
        path,
        message: issue.issues.map(({ message }) => message).join(", "),
        fix: `${configRemoveCommand(path)}, then set it under another name`,
      },
    ];
  const [first, name] = issue.path;
  const secret = first === "secrets" || first === "signingKey";
  // A token is easily written into the wrong place.
  const header = first === "observability" && name === "headers";
  return [
    {
      path,
      message:
        secret || header ? messageOf(issue) : `${messageOf(issue)} (found ${shown(found(issue.path, raw))})`,
      fix: secret
        ? `pulumi config set --secret --path ${quoted(path)}  ${mendOf(String(name))}`
        : settingFix(issue, path),
    },
  ];
}

/** The command that mends a setting, as far as one can be told. */
function settingFix(issue: z.core.$ZodIssue, path: string): string {
  if (mustGo(issue)) return configRemoveCommand(path);
  const write = suggestedValue(issue);
  if (write !== undefined) return configSetCommand(path, quoted(write), "text");
  return `${configSetCommand(path, "<value>", isText(issue) ? "text" : "other")}, or correct Pulumi.<stack>.yaml`;
}

/** The types that the forms of a choice have, where the value has none of them. */
const typesOf = (issue: z.core.$ZodIssue): string[] =>
  issue.code === "invalid_union"
    ? [
        ...new Set(
          issue.errors.flat().flatMap((each) => (each.code === "invalid_type" ? [each.expected] : [])),
        ),
      ]
    : issue.code === "invalid_type"
      ? [issue.expected]
      : [];

const messageOf = (issue: z.core.$ZodIssue): string =>
  issue.code === "invalid_union" && typesOf(issue).length > 0
    ? `${issue.message}: expected ${typesOf(issue).join(" or ")}`
    : issue.message;

/** Whether the setting is text, which Pulumi must be told where it looks like something else. */
const isText = (issue: z.core.$ZodIssue): boolean =>
  typesOf(issue).includes("string") || (issue.code === "invalid_format" && typeof issue.input !== "number");

const mendOf = (secret: string): string =>
  secretRule(secret).supplied
    ? "with the value that its owner gave you"
    : "with a value of letters and digits, or leave it out to have one made";

/** The keys that a schema knows at a place. */
function keysAt(path: readonly PropertyKey[], root: unknown): string[] {
  let schema = unwrapped(root);
  for (const key of path) schema = unwrapped(shapeOf(schema)?.[key] ?? valueTypeOf(schema));
  return Object.keys(shapeOf(schema) ?? {});
}

/** What each entry of a record is; undefined where it is none. */
const valueTypeOf = (schema: unknown): unknown => (schema as { valueType?: unknown }).valueType;

/** The shape of an object, or of the one object among the forms of a choice. */
function shapeOf(schema: unknown): Record<PropertyKey, unknown> | undefined {
  const { shape, options } = schema as { shape?: Record<PropertyKey, unknown>; options?: readonly unknown[] };
  if (shape !== undefined || options === undefined) return shape;
  const shapes = options.map((option) => shapeOf(unwrapped(option))).filter((found) => found !== undefined);
  return shapes.length === 1 ? shapes[0] : undefined;
}

/** A schema without what makes it optional or gives it a default. */
function unwrapped(schema: unknown): unknown {
  let inner: unknown = schema ?? {};
  while (typeof (inner as { unwrap?: unknown }).unwrap === "function")
    inner = (inner as { unwrap(): unknown }).unwrap();
  return inner;
}
