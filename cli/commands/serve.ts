import { join } from "node:path";
import type { Command } from "commander";
import { execa } from "execa";
import { projectRoot } from "../../stacks/program.ts";
import { command } from "../command.ts";

/** Runs the gateway alone. */
export function serveCommand(beat: Command): void {
  command(
    beat,
    "serve",
    "run the gateway alone on this machine, anew on every change",
    { create: "for now", target: false },
    async (session) => {
      // It ends by a signal, and its settings are read.
      await session.unmake();
      const { settings } = session;
      const ports = Object.fromEntries(
        Object.entries(settings.target === "docker" ? settings.ports.services : {}).filter(
          ([, port]) => port !== false,
        ),
      );
      await execa(process.execPath, ["--watch", join(projectRoot, "cli/serve-gateway.ts")], {
        stdio: "inherit",
        reject: false,
        env: {
          BEAT_SERVE_PORTS: JSON.stringify(ports),
          BEAT_SERVE_ORIGINS: JSON.stringify(settings.cors),
          ...(settings.definition !== undefined && {
            BEAT_SERVE_DEFINITION: settings.definition,
          }),
        },
      });
    },
  );
}
