import type { Command } from "commander";
import { quoted } from "../../core/shell.ts";
import { engineAddress, engineEnvironment } from "../../infra/engine/address.ts";
import { type Common, stackCalled, stackOption } from "../command.ts";
import { printAsIs } from "../output.ts";
import { pulumiEnvironment } from "../passphrase.ts";
import { findPulumi } from "../workspace.ts";

/** Prints the environment for a plain Pulumi. */
export function envCommand(beat: Command): void {
  beat
    .command("env")
    .description('print the environment for a plain pulumi: eval "$(./beat env)"')
    .addOption(stackOption())
    .action(async ({ stack }: Common) => {
      // Also says the rest where there is no Pulumi yet: that is how a machine gets Node and the packages.
      const pulumi = await findPulumi(false).catch(() => undefined);
      const own = await pulumiEnvironment(stackCalled(stack), pulumi);
      const variables = { ...own, ...engineEnvironment(engineAddress()) };
      for (const [name, value] of Object.entries(variables)) printAsIs(`export ${name}=${quoted(value)}`);
    });
}
