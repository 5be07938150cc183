import { joinPath } from "./problems.ts";
import { quoted } from "./shell.ts";

/**
 * The command that sets a setting of a stack. Pulumi stores what looks like a number or a truth value as one, so a setting
 * that is text says so.
 * @param path the setting, as {@link joinPath} writes it or in pieces; the first piece bears its namespace.
 */
export function configSetCommand(
  path: string | readonly PropertyKey[],
  value: string,
  kind: "text" | "other" = "other",
): string {
  const place = typeof path === "string" ? path : joinPath(path);
  return `pulumi config set --path ${quoted(place)} ${kind === "text" ? "--type string " : ""}${value}`;
}

/** The command that takes a setting out of a stack's file. */
export const configRemoveCommand = (path: string | readonly PropertyKey[]): string =>
  `pulumi config rm --path ${quoted(typeof path === "string" ? path : joinPath(path))}`;
