import type { Command } from "commander";
import { type Common, stackCalled, stackOption } from "../command.ts";
import { print, printJson } from "../output.ts";
import { diagnose } from "../session.ts";

/** Looks at everything that `up` needs. */
export function doctorCommand(beat: Command): void {
  beat
    .command("doctor")
    .description("look at everything that up needs")
    .addOption(stackOption())
    .option("--json", "write the result as JSON")
    .action(async ({ stack, json }: Common) => {
      const checks = await diagnose(stackCalled(stack));
      if (json) printJson(checks);
      else
        for (const { name, ok, detail, problem } of checks) {
          print(`${ok ? "✔" : "✘"} ${name}: ${detail}`);
          if (problem !== undefined) print(`    fix: ${problem.fix}`);
        }
      if (checks.some(({ ok }) => !ok)) process.exitCode = 2;
    });
}
