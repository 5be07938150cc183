import type { Command } from "commander";
import { command } from "../command.ts";
import { print, printJson } from "../output.ts";
import { stateIn } from "../session.ts";

/** Shows a stack's containers or pods. */
export function statusCommand(beat: Command): void {
  command(
    beat,
    "status",
    "show the stack's containers or pods",
    { create: "where its remains are", target: true, state: true },
    async (session, { json }) => {
      const containers = await session.target.parts(await stateIn(session));
      const width = Math.max(20, ...containers.map(({ name }) => name.length));
      if (json) printJson(containers);
      else if (containers.length === 0) print(`${session.name} is down`);
      else
        for (const { ok, name, status, image } of containers)
          print(`${ok ? "✔" : "✘"} ${name.padEnd(width)} ${status.padEnd(28)} ${image}`);
      if (containers.length === 0 || containers.some(({ ok }) => !ok)) process.exitCode = 1;
    },
  );
}
