import type { Command } from "commander";
import { expect, test } from "vitest";
import { onStack } from "../core/stack-commands.ts";
import { beat } from "./beat.ts";

/** A command with its subcommands, and how each is typed. */
const typed = (command: Command, before = "./beat"): [string, Command][] =>
  command.commands.flatMap((each) => {
    const line = `${before} ${each.name()}`;
    return [[line, each] as [string, Command], ...typed(each, line)];
  });

const options = typed(beat).flatMap(([line, command]) =>
  command.options
    .filter(({ required, optional, long }) => (required || optional) && long !== "--stack")
    .flatMap(({ long, short }) => [long, short].flatMap((option) => option ?? []))
    .map((option) => `${line} ${option} value`),
);

test("of every command the value of an option stays with it where the stack is named", () => {
  const workOnStacks = options.filter((line) => onStack(line, "prod") !== line);
  expect(workOnStacks.length).toBeGreaterThan(15);
  for (const line of workOnStacks) expect(onStack(line, "prod")).toBe(`${line} --stack prod`);
});
