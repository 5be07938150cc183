import net, { type Server } from "node:net";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import type { Settings } from "../settings.ts";
import type { ClientConnection } from "./client-connection.ts";
import type { Tunnels } from "./tunnels.ts";

/** Once the listener is closed, a connection used or opened this recently may send one more request, milliseconds. */
const grace = 1_000;
/** How long the listener may be emptied before it is closed, milliseconds. */
const emptying = 1_000;

/** Turns of the loop within which sockets that are closed have said so. */
const settling = 20;

/** What is drained. */
export interface Drained {
  readonly server: Server;
  readonly clients: ReadonlySet<ClientConnection>;
  readonly tunnels: Pick<Tunnels, "size" | "destroy">;
}

/**
 * Ends a server without losing a request. For `drainDelay` it goes on accepting, since whoever balances learns only
 * from the next readiness probe that it should send nobody here; the caller says "not ready" and "Connection: close"
 * from the start. Then the listener closes, and what runs may finish. All of it takes `drain` at most.
 */
export async function drain(
  { server, clients, tunnels }: Drained,
  { drain: limit, drainDelay }: Pick<Settings, "drain" | "drainDelay">,
): Promise<void> {
  const end = performance.now() + limit;
  await sleep(Math.min(drainDelay, limit));
  await emptyBacklog(server, end);
  const since = performance.now();
  // The HTTP server's own close() ends every idle connection at once, also one whose next request is on its way.
  const closed = new Promise<void>((resolve) => net.Server.prototype.close.call(server, () => resolve()));
  const closeIdle = () => {
    const now = performance.now();
    for (const client of clients)
      if (client.idle && (now - client.idleSince >= grace || now - since > 2 * grace))
        client.socket.destroy();
  };
  const repeat = setInterval(closeIdle, 50);
  closeIdle();
  const left = Math.max(0, end - performance.now());
  const deadline = setTimeout(() => {
    tunnels.destroy();
    for (const client of clients) client.socket.destroy();
  }, left);
  await closed;
  clearInterval(repeat);
  clearTimeout(deadline);
  // A socket's own "close", with which its tunnel is logged, may come after that of the server.
  for (let turns = 0; turns < settling && tunnels.size + clients.size > 0; turns++) await nextTurn();
}

/**
 * Lets the loop accept what the kernel has queued: libuv takes one connection a turn, and closing a listener resets
 * the others.
 */
async function emptyBacklog(server: Server, end: number): Promise<void> {
  let accepted = 0;
  const count = () => accepted++;
  server.on("connection", count);
  const until = Math.min(performance.now() + emptying, end);
  for (let quiet = 0, seen = 0; quiet < 2 && performance.now() < until; seen = accepted) {
    await nextTurn();
    quiet = accepted === seen ? quiet + 1 : 0;
  }
  server.off("connection", count);
}
