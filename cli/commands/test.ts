import { join } from "node:path";
import type { Command } from "commander";
import { execa } from "execa";
import { projectRoot } from "../../stacks/program.ts";

/** Runs the tests. */
export function testCommand(beat: Command): void {
  beat
    .command("test [args...]")
    .description("run all tests; arguments go to vitest")
    .allowUnknownOption()
    .action(async (args: string[]) => {
      const { exitCode } = await execa(
        process.execPath,
        [join(projectRoot, "node_modules/vitest/vitest.mjs"), "run", ...args],
        {
          cwd: projectRoot,
          stdio: "inherit",
          reject: false,
        },
      );
      process.exitCode = exitCode ?? 1;
    });
}
