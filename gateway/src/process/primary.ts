import { leave } from "../node/leave.ts";
import { GateKeeper } from "../policy/gate-keeper.ts";
import { probePort } from "./listen.ts";
import type { RouteFile } from "./reload.ts";
import { stopOnSignals } from "./signals.ts";
import type { Wiring } from "./wiring.ts";
import { Workers } from "./workers.ts";

/** Milliseconds that workers get beyond their own drain time before they are killed. */
const grace = 2_000;

/**
 * Serves with several processes that share the port. Settings, table and port are tried before the first fork, so
 * that a mistake is one line and not one per worker.
 * @throws {StartError}
 */
export async function serveWithWorkers(
  { settings, log, metrics }: Omit<Wiring, "start">,
  routeFile: RouteFile,
): Promise<void> {
  const stop = stopOnSignals(log, settings.drain + grace);
  const table = routeFile.load();
  await probePort(settings);
  const { default: cluster } = await import("node:cluster");
  const workers = new Workers({
    cluster,
    log,
    table,
    keeper: new GateKeeper(settings),
    count: settings.workers,
    retire: metrics?.retire?.bind(metrics),
    giveUp(reason) {
      log.event("giving-up", { reason });
      log.flush();
      process.stderr.write(`gateway: ${reason}: stopping\n`);
      void workers.drain(settings.drain + grace).then(() => leave(1));
    },
  });
  // Nothing is forked any more by a gateway that is about to leave.
  if (stop.asked) return;
  const started = workers.start();
  let unwatch = () => {};
  let port: { close(): void } | undefined;
  stop.abandon = () => workers.kill();
  stop.drain = async () => {
    unwatch();
    // A worker that has just been forked must be there before it can be told to leave.
    await started.catch(() => {});
    const orderly = await workers.drain(settings.drain + grace);
    port?.close();
    if (orderly) return;
    // A worker has ended with requests under way: what started this one must be able to tell.
    log.event("stopped-badly");
    await log.close();
    leave(1);
  };
  let address: unknown;
  try {
    address = await started;
    port = await metrics?.listen(async () => [
      // Its own too: reloads are counted here, and its memory is the gateway's.
      metrics.snapshot(),
      ...(await workers.gather()),
    ]);
  } catch (error) {
    workers.kill();
    throw error;
  }
  log.event("listening", { address, workers: settings.workers });
  log.flush();
  unwatch = routeFile.watch(
    log,
    async (next) => ({ workers: await workers.use(next) }),
    (result) => metrics?.reload?.(result),
  );
}
