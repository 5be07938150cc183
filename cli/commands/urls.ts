import type { Command } from "commander";
import { command } from "../command.ts";
import { print, printJson } from "../output.ts";

/** Shows where the platform answers. */
export function urlsCommand(beat: Command): void {
  command(
    beat,
    "urls",
    "show where the platform answers",
    { create: false, target: false },
    async (session, { json }) => {
      const urls = ((await session.stack.outputs()).urls?.value ?? {}) as Record<string, string>;
      if (json) printJson(urls);
      else for (const [name, url] of Object.entries(urls)) print(`${name.padEnd(20)} ${url}`);
    },
  );
}
