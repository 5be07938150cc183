import { routeTable } from "../config/routes.ts";
import { createGateway } from "../gateway/src/gateway.ts";
import { AccessLog } from "../gateway/src/observe/access-log.ts";
import { Metrics } from "../gateway/src/observe/metrics.ts";
import { parseRouteTable } from "../gateway/src/routing/parse.ts";
import { readSettings } from "../gateway/src/settings.ts";
import { loadDefinition } from "../stacks/program.ts";

/**
 * `beat serve`: the gateway alone on this machine, in front of published service ports. Run under `node --watch`,
 * which starts it anew when a file of the gateway or of the definition changes.
 */
const ports = JSON.parse(process.env.BEAT_SERVE_PORTS ?? "{}") as Record<string, number>;
const platform = await loadDefinition(process.env.BEAT_SERVE_DEFINITION);
const origins = JSON.parse(process.env.BEAT_SERVE_ORIGINS ?? "[]") as string[];
const table = routeTable(platform, origins);
const local = parseRouteTable({
  services: table.services.map((route) => ({
    ...route,
    port: ports[route.host] ?? route.port,
    host: "127.0.0.1",
  })),
});
const settings = readSettings({ PROXY_HOST: "127.0.0.1", ...process.env });
const gateway = createGateway(local, settings, { log: new AccessLog(), metrics: new Metrics() });
gateway.server.on("error", (error) => {
  process.stderr.write(`gateway: ${error.message}\n`);
  process.exitCode = 1;
});
gateway.server.listen(settings.port, settings.host, () =>
  process.stderr.write(`gateway on http://${settings.host}:${settings.port}\n`),
);
process.on("SIGTERM", () => void gateway.close().then(() => process.exit(0)));
