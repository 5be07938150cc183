import { fileURLToPath } from "node:url";
import { Log } from "./observe/access-log.ts";
import { isReady } from "./process/health.ts";
import { serveWithWorkers } from "./process/primary.ts";
import { RouteFile } from "./process/reload.ts";
import { serve } from "./process/serve.ts";
import { StartError, type Wiring } from "./process/wiring.ts";
import { work, writeWholeLines } from "./process/worker.ts";
import { createGateway } from "./proxy/server.ts";
import { readSettings } from "./settings.ts";

const usage = `serve   run the gateway (the default)
check   validate the routing table
health  ask a running gateway on this machine whether it is ready
`;

try {
  const command = process.argv[2] ?? "serve";
  if (!["serve", "check", "health", "worker", "help", "--help"].includes(command))
    throw new StartError(`"${command}": is no command: use serve, check or health`, 2);
  if (command.endsWith("help")) {
    process.stdout.write(usage);
    process.exit(0);
  }
  const settings = readSettings(process.env);
  const routeFile = new RouteFile(settings.routes ?? fileURLToPath(new URL("routes.json", import.meta.url)));
  const alone = command === "serve" && settings.workers === 1;
  const wiring: Wiring = {
    settings,
    log: alone ? new Log() : new Log(writeWholeLines),
    start: createGateway,
  };
  if (alone) await serve(wiring, routeFile);
  else if (command === "serve") await serveWithWorkers(wiring, routeFile);
  else if (command === "worker") await work(wiring);
  else if (command === "health") process.exit((await isReady(settings)) ? 0 : 1);
  else {
    const { services } = routeFile.load();
    process.stdout.write(`the routing table is valid: ${services.length} routes\n`);
  }
} catch (error) {
  // Anything else is a defect: its stack is wanted.
  if (!(error instanceof Error) || !["StartError", "SettingsError"].includes(error.name)) throw error;
  process.stderr.write(`gateway: ${error.message}\n`);
  process.exit(error instanceof StartError ? error.exitCode : 2);
}
