import { connect, type OnReadOpts, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** What the attack has done so far, told at its end: a scenario that did not take place proves nothing. */
export const counts: Record<string, number> = {};
export const count = (what: string, by = 1): void => {
  counts[what] = (counts[what] ?? 0) + by;
};

const port = Number(process.argv[3]);
let opened = 0;

/** How a client connects: `deaf` ones never read, `onread` ones read as it says. */
export interface Manner {
  readonly deaf?: boolean;
  readonly onread?: OnReadOpts;
}

/** Connects from one of eight addresses, none of which is the well-behaved client's, so that ports do not run out. */
export function open({ deaf = false, onread }: Manner = {}): Socket {
  const socket = connect({
    port,
    host: "127.0.0.1",
    localAddress: `127.0.0.${2 + (opened++ % 8)}`,
    noDelay: true,
    allowHalfOpen: true,
    ...(onread !== undefined && { onread }),
  });
  count("connections");
  let left = false;
  const leaves = (error?: NodeJS.ErrnoException) => {
    if (!left) count(error?.code === "ECONNREFUSED" ? "refused" : "closed by it");
    left = true;
  };
  socket.on("end", leaves).on("error", leaves);
  if (deaf) socket.pause();
  else if (onread === undefined) socket.on("data", countAnswers);
  return socket;
}

const mark = Buffer.from("HTTP/1.1 ");

/** Counts answers by their status; one that is split between two reads up to there is missed. */
function countAnswers(chunk: Buffer): void {
  for (let at = chunk.indexOf(mark); at >= 0; at = chunk.indexOf(mark, at + 12))
    if (at + 12 <= chunk.length) count(chunk.toString("latin1", at + 9, at + 12));
}

/** Waits for the next of these events, or so long. */
export function next(socket: Socket, events: readonly string[], ms: number): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      clearTimeout(timer);
      for (const event of events) socket.off(event, settle);
      resolve();
    };
    const timer = setTimeout(settle, ms);
    for (const event of events) socket.on(event, settle);
    if (socket.destroyed) settle();
  });
}

/** Writes blocks as fast as they are taken, each counted as so many requests; ends when the connection does. */
export async function pump(socket: Socket, blocks: Iterable<Buffer>, each: number): Promise<void> {
  for (const block of blocks) {
    if (socket.destroyed || !socket.writable) return;
    const taken = socket.write(block, () => count("requests", each));
    if (taken) await new Promise(setImmediate);
    else while (socket.writableNeedDrain && !socket.destroyed) await next(socket, ["drain", "close"], 60_000);
  }
}

/** So many clients that do the same again and again, with a pause after each turn. */
export function forever(clients: number, pauseMs: number, turn: (client: number) => Promise<void>): void {
  for (let client = 0; client < clients; client++)
    void (async () => {
      for (;;) {
        await turn(client);
        await sleep(pauseMs);
      }
    })();
}
