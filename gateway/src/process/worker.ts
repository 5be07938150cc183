import type { Gateway } from "../gateway.ts";
import { outlivePrimary } from "../node/worker-life.ts";
import { RemoteGates } from "../policy/remote-gates.ts";
import { endInOrder } from "./ending.ts";
import { listen } from "./listen.ts";
import type { Order, Report } from "./messages.ts";
import { StartError, type Wiring } from "./wiring.ts";

/** Milliseconds beyond the drain in which the rest has to end: before the primary kills, which it does after 2 s. */
const grace = 1_500;

/**
 * Serves as one of several processes, on the orders of the primary.
 * @throws {StartError} when no primary started it.
 */
export async function work(wiring: Wiring): Promise<void> {
  const { settings, log, metrics } = wiring;
  const { default: cluster } = await import("node:cluster");
  const self = cluster.worker;
  if (self === undefined)
    throw new StartError('"worker": is started by the gateway itself: set GATEWAY_WORKERS, and use serve', 2);
  // A callback, so that a channel that closes meanwhile is no uncaught error.
  const report = (message: Report, then: () => void = () => {}) => {
    if (process.connected) process.send?.(message, undefined, undefined, then);
    else then();
  };
  let gateway: Gateway | undefined;
  const gates = new RemoteGates(
    (asks) => report({ kind: "gates", asks }),
    settings.maxConnectionsPerClient !== undefined,
  );
  let draining = false;
  const drain = async () => {
    if (draining) return;
    draining = true;
    await endInOrder({
      log,
      limit: settings.drain + grace,
      drain: async () => gateway?.close(),
      finish: async () => wiring.finish?.(),
    });
  };

  // A terminal sends its signals to the whole group; the primary decides what they mean.
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => {});
  // What is under way may still finish.
  outlivePrimary(self, () => void drain());
  process.on("message", (order: Order) => {
    if (order.kind === "serve") {
      gateway = wiring.start(order.table, gates);
      const { server } = gateway;
      listen(server, settings).then(
        () => report({ kind: "listening", address: server.address() }),
        (error: Error) => report({ kind: "failed", message: error.message }),
      );
    } else if (order.kind === "use") {
      gateway?.use(order.table);
      report({ kind: "answer", ticket: order.ticket, value: true });
    } else if (order.kind === "snapshot")
      report({ kind: "answer", ticket: order.ticket, value: metrics?.snapshot() });
    else if (order.kind === "gates") gates.onAnswers(order.answers);
    else if (order.kind === "drain") void drain();
  });
  report({ kind: "ready" });
}
