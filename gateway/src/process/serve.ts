import { listen } from "./listen.ts";
import type { RouteFile } from "./reload.ts";
import { stopOnSignals } from "./signals.ts";
import type { Wiring } from "./wiring.ts";

/**
 * Serves in this process alone.
 * @throws {StartError}
 */
export async function serve(wiring: Wiring, routeFile: RouteFile): Promise<void> {
  const { settings, log, metrics } = wiring;
  const stop = stopOnSignals(log, settings.drain);
  const gateway = wiring.start(routeFile.load());
  await listen(gateway.server, settings);
  let unwatch = () => {};
  let port: { close(): void } | undefined;
  stop.drain = async () => {
    unwatch();
    await gateway.close();
  };
  stop.finish = async () => {
    await wiring.finish?.();
    // Last: what happens during the drain can still be scraped.
    port?.close();
  };
  port = await metrics?.listen(async () => [metrics.snapshot()]);
  log.event("listening", { address: gateway.server.address() });
  log.flush();
  unwatch = routeFile.watch(
    log,
    (table) => {
      gateway.use(table);
      return {};
    },
    (result) => metrics?.reload(result),
  );
}
