import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { count, forever, next, open, pump } from "./attacker.ts";

/** Attacks that send as much as is taken. */
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: gw\r\n\r\n`;
const repeated = (path: string, times: number): Buffer => Buffer.from(get(path).repeat(times));
const served = repeated("/flood/small.json", 1000);
const refused = repeated("/nowhere", 1000);
const times = <T>(many: number, item: T): T[] => Array.from({ length: many }, () => item);

/** Lets a connection work off what it was sent, until it is silent for a second. */
async function untilSilent(socket: Socket): Promise<void> {
  for (let silent = false; !silent && !socket.destroyed && !socket.readableEnded; ) {
    const before = socket.bytesRead;
    await sleep(1000);
    silent = socket.bytesRead === before;
  }
  socket.destroy();
}

export function pipelining(): void {
  forever(4, 10, async () => {
    const socket = open();
    await pump(socket, times(20, served), 1000);
    await untilSilent(socket);
  });
}

export function refusedPipelining(): void {
  forever(4, 10, async (client) => {
    const socket = open();
    if (client < 2) socket.write(get("/hostile/slow"));
    await pump(socket, times(20, refused), 1000);
    await untilSilent(socket);
  });
}

export function unreadPipelining(): void {
  forever(6, 1000, async (client) => {
    const socket = open({ deaf: true });
    if (client < 2) socket.write(get("/hostile/hang"));
    await pump(socket, times(200, client % 2 === 0 ? served : refused), 1000);
    await next(socket, ["close"], 60_000);
    socket.destroy();
  });
}

/** Paths that a canonical form takes time to find for; the escape at the end keeps some of them from matching early. */
const shapes = [";", "%25", "/", ".", "/.", "/;", "a;", "%2f", "%2e%2e%2f", ";%0a", "%"].flatMap((part) => {
  const long = part.repeat(Math.floor(31_000 / part.length));
  return [`/hostile/x${long}`, `/hostile/x${long}%0a`].map((path) => Buffer.from(get(path)));
});

function* everyShape(from: number): Generator<Buffer> {
  for (let at = from; ; at++) yield shapes[at % shapes.length] as Buffer;
}

export function longPaths(): void {
  // Each connection begins with another shape: those behind one that closes the connection are not seen.
  let first = 0;
  forever(4, 5, async () => {
    const socket = open();
    socket.on("end", () => socket.end());
    await pump(socket, everyShape(first++), 1);
    socket.destroy();
  });
}

const chunkHead = "POST /hostile/post HTTP/1.1\r\nHost: gw\r\nTransfer-Encoding: chunked\r\n\r\n";
const tiny = Buffer.from("1\r\nx\r\n".repeat(10_000));

export function tinyChunks(): void {
  forever(4, 5, async () => {
    const socket = open();
    socket.on("end", () => socket.end());
    socket.write(chunkHead);
    await pump(socket, times(16, tiny), 0);
    if (socket.writable) socket.write("0\r\n\r\n", () => count("requests"));
    await next(socket, ["data", "close"], 10_000);
    socket.destroy();
  });
}
