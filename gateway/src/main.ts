import { readFileSync } from "node:fs";
import http from "node:http";
import { fileURLToPath } from "node:url";
import { Log } from "./observe/access-log.ts";
import { createGateway } from "./proxy/server.ts";
import { parseRouteTable } from "./routing/parse.ts";
import { readSettings, type Settings } from "./settings.ts";

/** Prints one line and leaves. */
function stop(message: string, code: number): never {
  process.stderr.write(`gateway: ${message}\n`);
  process.exit(code);
}

function loadTable(settings: Settings) {
  const file = settings.routes ?? fileURLToPath(new URL("routes.json", import.meta.url));
  try {
    return parseRouteTable(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    throw new Error(`GATEWAY_ROUTES: ${file}: ${(error as Error).message}`);
  }
}

/** Asks a gateway on this machine whether it is ready; the image's health check, which needs no curl. */
function checkHealth(settings: Settings): void {
  const url = `http://127.0.0.1:${settings.port}/_gateway/ready`;
  http
    .get(url, { timeout: 4_000 }, (response) => process.exit(response.statusCode === 200 ? 0 : 1))
    .on("timeout", () => process.exit(1))
    .on("error", () => process.exit(1));
}

function serve(settings: Settings): void {
  const log = new Log();
  const gateway = createGateway(loadTable(settings), settings, log);
  gateway.server.on("error", (error: NodeJS.ErrnoException) =>
    stop(
      error.code === "EADDRINUSE"
        ? `PROXY_PORT: ${settings.port} is taken: stop what listens there, or choose another port`
        : `cannot listen on ${settings.host}:${settings.port}: ${error.message}`,
      1,
    ),
  );
  gateway.server.listen(settings.port, settings.host, () => {
    log.event("listening", { address: gateway.server.address() });
    log.flush();
  });
  process.on("SIGHUP", () => {
    try {
      gateway.use(loadTable(settings));
      log.event("routes-reloaded");
    } catch (error) {
      log.event("routes-kept", { reason: (error as Error).message });
    }
    log.flush();
  });
  let stopping = false;
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      log.event("draining", { signal });
      void gateway.close().then(() => {
        log.event("stopped");
        log.flush();
        process.exit(0);
      });
    });
}

try {
  const settings = readSettings(process.env);
  const command = process.argv[2] ?? "serve";
  if (command === "health") checkHealth(settings);
  else if (command === "check") {
    loadTable(settings);
    process.stdout.write("the routing table is valid\n");
  } else if (command === "serve") serve(settings);
  else stop(`"${command}": use serve, check or health`, 2);
} catch (error) {
  stop((error as Error).message, 2);
}
