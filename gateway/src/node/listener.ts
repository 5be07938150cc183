import net, { type Server } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";

/** How long a listener may be emptied before it is closed, milliseconds. */
const emptying = 1_000;

/**
 * Closes a listener and nothing else: the HTTP server's own `close` ends every idle connection at once, also one whose
 * next request is on its way.
 * @returns resolves when the last connection has closed too.
 */
export const closeListener = (server: Server): Promise<void> =>
  new Promise((resolve) => net.Server.prototype.close.call(server, () => resolve()));

/**
 * Lets the loop accept what the kernel has queued: libuv takes one connection a turn, and closing a listener resets
 * the others.
 * @param end `performance.now()` at which to give up.
 */
export async function emptyBacklog(server: Server, end: number): Promise<void> {
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
