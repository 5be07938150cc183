import { joinPath } from "./problems.ts";
import { quoted } from "./shell.ts";

/** Settings whose name makes Pulumi take a value for a secret, and refuse it unless it is told. Source: Pulumi, "config set". */
const secretive = /pass|pwd|secret|token/i;

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
  // It takes only one of both, and what is plain stays text unless it looks like something else.
  const flag = secretive.test(place) ? "--plaintext " : kind === "text" ? "--type string " : "";
  return `pulumi config set --path ${quoted(place)} ${flag}${value}`;
}

/** The command that takes a setting out of a stack's file. */
export const configRemoveCommand = (path: string | readonly PropertyKey[]): string =>
  `pulumi config rm --path ${quoted(typeof path === "string" ? path : joinPath(path))}`;
