import type { Server } from "node:net";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { closeListener, emptyBacklog } from "../node/listener.ts";
import type { Settings } from "../settings.ts";
import type { Clients } from "./clients.ts";

/** Once the listener is closed, a connection used or opened this recently may send one more request, milliseconds. */
const grace = 1_000;
/** How long sockets that were destroyed may take to say so, milliseconds: the drain ends then, whatever anybody does. */
const settling = 500;
/** How long what is said at the end may take to be sent, milliseconds. */
const telling = 100;
/** Turns of the loop in which sockets that are closed tell it, with which their tunnels are logged. */
const turns = 20;

/**
 * Ends a server without losing a request. For `drainDelay` it goes on accepting, since whoever balances learns only
 * from the next readiness probe that it should send nobody here; the caller says "not ready" and "Connection: close"
 * from the start. Then the listener closes, and what runs may finish. All of it takes `drain` and half a second at most.
 */
export async function drain(
  server: Server,
  clients: Clients,
  { drain: limit, drainDelay }: Pick<Settings, "drain" | "drainDelay">,
): Promise<void> {
  const end = performance.now() + limit;
  await sleep(Math.min(drainDelay, limit));
  await emptyBacklog(server, end);
  const since = performance.now();
  const closed = closeListener(server);
  const closeIdle = () => {
    const now = performance.now();
    clients.closeIdle(now - since > 2 * grace ? now : now - grace);
  };
  // After the next poll: a request that came while the process stood still is read first.
  const repeat = setInterval(() => setImmediate(closeIdle), 50);
  setImmediate(closeIdle);
  const ended = await Promise.race([
    closed,
    sleep(Math.max(0, end - performance.now()), "late", { ref: false }),
  ]);
  clearInterval(repeat);
  if (ended === "late") {
    clients.giveUp();
    await Promise.race([closed, sleep(telling, undefined, { ref: false })]);
    clients.destroy();
    await Promise.race([closed, sleep(settling, undefined, { ref: false })]);
  }
  for (let i = 0; i < turns && clients.size > 0; i++) await nextTurn();
}
