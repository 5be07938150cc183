// First: the rest may need what is missing.
import "./node/checked.ts";
import { fileURLToPath } from "node:url";
import { createGateway } from "./gateway.ts";
import { AccessLog } from "./observe/access-log.ts";
import { Metrics } from "./observe/metrics.ts";
import { spanSource } from "./observe/sources.ts";
import { endOnCrash } from "./process/crash.ts";
import { isReady, isReadyAfterRest } from "./process/health.ts";
import { serveWithWorkers } from "./process/primary.ts";
import { readMetrics } from "./process/read-metrics.ts";
import { RouteFile } from "./process/reload.ts";
import { serve } from "./process/serve.ts";
import { StartError } from "./process/start-error.ts";
import { type Wiring, wireMetrics } from "./process/wiring.ts";
import { work } from "./process/worker.ts";
import { readSettings, type Settings } from "./settings.ts";

const usage = `serve   run the gateway (the default)
check   validate the routing table
health  ask a running gateway on this machine whether it is ready; with a number, that many
        seconds later once it has been
metrics print what a running gateway on this machine tells a scraper
`;
const version = "0.1.0";
/** POSIX: a write of at most PIPE_BUF bytes to a pipe is not mixed with those of other writers. */
const pipeBuffer = 4096;

async function wire(settings: Settings, alone: boolean): Promise<Wiring> {
  const log = new AccessLog({ requests: settings.accessLog, ...(!alone && { chunk: pipeBuffer }) });
  endOnCrash(log);
  const metrics = new Metrics();
  const { otlp } = settings;
  const spans =
    otlp && new (await import("./observe/otlp.ts")).SpanExporter(otlp.endpoint, otlp.serviceName, otlp);
  if (spans) metrics.observe(spanSource(spans));
  const wired = wireMetrics(metrics, settings, version);
  return {
    settings,
    log,
    start: (table, gates) => createGateway(table, settings, { log, metrics, spans }, gates),
    ...(wired && { metrics: wired }),
    ...(spans && { finish: () => spans.close() }),
  };
}

async function run(command: string): Promise<void> {
  if (command.endsWith("help")) return void process.stdout.write(usage);
  const settings = readSettings(process.env);
  if (command === "metrics") return void process.stdout.write(await readMetrics(settings));
  const routeFile = new RouteFile(settings.routes ?? fileURLToPath(new URL("routes.json", import.meta.url)));
  const rest = process.argv[3];
  if (command === "health")
    process.exit((await (rest ? isReadyAfterRest(settings, Number(rest)) : isReady(settings))) ? 0 : 1);
  if (command === "check") {
    const { services } = routeFile.load();
    return void process.stdout.write(`the routing table is valid: ${services.length} routes\n`);
  }
  const alone = command === "serve" && settings.workers === 1;
  const wiring = await wire(settings, alone);
  if (command === "worker") await work(wiring);
  else if (alone) await serve(wiring, routeFile);
  else await serveWithWorkers(wiring, routeFile);
}

try {
  const command = process.argv[2] ?? "serve";
  if (!["serve", "check", "health", "metrics", "worker", "help", "--help"].includes(command))
    throw new StartError(`"${command}": is no command: use serve, check, health or metrics`, 2);
  await run(command);
} catch (error) {
  // Anything else is a defect: its stack is wanted.
  if (!(error instanceof Error) || !["StartError", "SettingsError"].includes(error.name)) throw error;
  process.stderr.write(`gateway: ${error.message}\n`);
  process.exit(error instanceof StartError ? error.exitCode : 2);
}
