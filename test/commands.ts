import type { Command } from "commander";
import { beat } from "../cli/beat.ts";
import { settingsSchemas } from "../config/settings/schema.ts";

/** The words of a line of a shell, up to what ends the command; a placeholder such as `<the name>` or `${name}` is one word. */
export function wordsOf(line: string): string[] {
  const words: string[] = [];
  let rest = line.trim();
  for (;;) {
    const found = /^(?:'[^']*'|"[^"]*"|<[^<>]*>|\$\{(?:[^{}]|\{[^{}]*\})*\}|[^\s'"<>|&;#()`,])+/.exec(rest);
    if (found === null) return words;
    const word = found[0];
    const ended = /[,;:.…]$/.test(word) && !/['">}]$/.test(word);
    const bare = ended ? word.replace(/[,;:.…]+$/, "") : word;
    if (bare !== "") words.push(bare);
    rest = rest.slice(word.length);
    // Two blanks part a command from what is said of it.
    if (ended || !/^ (?! )/.test(rest)) return words;
    rest = rest.slice(1);
  }
}

/** Every command of a kind in a text, each to where its line or its mark ends. */
export const commandsIn = (text: string, kind: "./beat" | "pulumi config"): string[] =>
  text
    .split("\n")
    .flatMap((line) => line.split(new RegExp(`(?=${kind.replace(".", "\\.")} )`)).slice(1))
    .map((rest) => rest.split(/`|"\)|"[,;:]?$/)[0] ?? "");

const placeholder = /^[<$[]|\$\{/;

/** What is wrong with a line that runs this project's command line; undefined when it knows all of its words. */
export function faultOfBeat(line: string): string | undefined {
  const [, ...words] = wordsOf(line);
  let at: Command = beat;
  let positional = 0;
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? "";
    if (word.startsWith("-")) {
      const name = word.split("=")[0] ?? "";
      const known = lineage(at)
        .flatMap(({ options }) => options)
        .find(({ long, short }) => long === name || short === name);
      if (name === "--help" || name === "-h") continue;
      if (known === undefined) return `${at.name()} has no option ${name}`;
      if (known.required && !word.includes("=")) index++;
      continue;
    }
    const next = positional === 0 ? at.commands.find((each) => each.name() === word) : undefined;
    if (next !== undefined) {
      at = next;
      continue;
    }
    if (placeholder.test(word) || word === "…") return undefined;
    positional++;
    const most = at.registeredArguments.some(({ variadic }) => variadic)
      ? Infinity
      : at.registeredArguments.length;
    if (positional > most) return `${at.name()} takes no "${word}"`;
  }
  return at === beat ? "names no command" : undefined;
}

/** Whether a line names its stack as an argument, not by `--stack`. */
export function namesStackByPlace(line: string): boolean {
  const [, ...words] = wordsOf(line);
  let at: Command = beat;
  for (const word of words) {
    const next = at.commands.find((each) => each.name() === word);
    if (next === undefined) return !word.startsWith("-") && at.registeredArguments[0]?.name() === "stack";
    at = next;
  }
  return false;
}

const lineage = (at: Command): Command[] => (at.parent === null ? [at] : [at, ...lineage(at.parent)]);

/** What is wrong with a line that sets or removes a setting; undefined when there is such a one. */
export function faultOfConfig(line: string): string | undefined {
  const words = wordsOf(line).map((word) => word.replace(/^(['"])(.*)\1$/, "$2"));
  const key = words.find((word) => word.startsWith("platform:"));
  if (key === undefined) return undefined;
  const path = key.slice("platform:".length);
  if (placeholder.test(path)) return undefined;
  if (/[.[]/.test(path) && !words.includes("--path")) return `${key} has parts, and there is no --path`;
  const [first = "", ...parts] = path.split(/\.|(?=\[)/);
  const known = Object.values(settingsSchemas).some((schema) => {
    let inner: unknown = (schema.shape as Record<string, unknown>)[first];
    if (inner === undefined) return false;
    for (const part of parts) {
      if (/[[<$]/.test(part)) return true;
      const shapes = shapesOf(inner);
      if (shapes.length === 0) return true;
      const found = shapes.map((shape) => shape[part]).find((each) => each !== undefined);
      if (found === undefined) return false;
      inner = found;
    }
    return true;
  });
  return known ? undefined : `there is no setting ${key}`;
}

/** The shapes of a schema, whichever of its forms; none of what has any keys. */
function shapesOf(schema: unknown): Record<string, unknown>[] {
  const { shape, options, unwrap } = (schema ?? {}) as {
    shape?: Record<string, unknown>;
    options?: readonly unknown[];
    unwrap?: unknown;
  };
  if (shape !== undefined) return [shape];
  if (options !== undefined) return options.flatMap(shapesOf);
  return typeof unwrap === "function" ? shapesOf((schema as { unwrap(): unknown }).unwrap()) : [];
}
