import { setTimeout as sleep } from "node:timers/promises";
import { count, forever, next, open } from "./attacker.ts";

/** Attacks that hold what they have, or leave when they should not. */
const get = (path: string, fields = ""): string => `GET ${path} HTTP/1.1\r\nHost: gw\r\n${fields}\r\n`;
const handshake =
  "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n";

export function slowReaders(): void {
  forever(250, 1000, async (client) => {
    const path = client % 5 === 0 ? "/hostile/huge" : "/hostile/large";
    const reads = client % 2 === 0;
    const read = { buffer: Buffer.alloc(1024), callback: () => false };
    // Not all at once: 600 MiB in a burst would be another scenario.
    await sleep(Math.random() * 2500);
    const socket = open(reads ? { onread: read } : { deaf: true });
    socket.write(get(path), () => count("requests"));
    const timer = setInterval(() => reads && socket.resume(), 1000);
    await next(socket, ["close"], 600_000);
    clearInterval(timer);
  });
}

export function slowWriters(): void {
  const head = get("/hostile/small", `X-Slow: ${"s".repeat(4000)}\r\n`);
  const post = "POST /hostile/post HTTP/1.1\r\nHost: gw\r\nContent-Length: 4000\r\n\r\n";
  forever(200, 1000, async (client) => {
    const socket = open();
    socket.on("end", () => socket.end());
    if (client % 2 === 0) socket.write(post);
    await sleep(Math.random() * 100);
    for (let at = 0; at < 4000 && socket.writable; at++) {
      socket.write(client % 2 === 0 ? "x" : head.charAt(at), () => count("bytes"));
      await sleep(100);
    }
    socket.destroy();
  });
}

export async function refusedHandshakes(): Promise<void> {
  for (let group = 0; group < 40; group++) {
    for (let i = 0; i < 50; i++)
      open().write(get(i % 2 === 0 ? "/nowhere" : "/limited", handshake), () => count("requests"));
    await sleep(50);
  }
}

export async function idleHoard(): Promise<void> {
  for (let group = 0; group < 40; group++) {
    for (let i = 0; i < 100; i++) open();
    await sleep(25);
  }
  for (;;) {
    for (let i = 0; i < 500; i++) {
      const socket = open();
      socket.once("connect", () => (i % 2 === 0 ? socket.resetAndDestroy() : socket.destroy()));
    }
    await sleep(500);
  }
}

/** What a client has sent when it leaves, and how many milliseconds later at most. */
const beginnings: readonly (readonly [string, number])[] = [
  [get("/flood/small.json"), 5],
  [get("/flood/small.json").slice(0, -7), 5],
  [get("/hostile/large"), 20],
  [get("/hostile/slow"), 100],
  [get("/flood/small.json").repeat(20), 5],
  [`POST /hostile/post HTTP/1.1\r\nHost: gw\r\nContent-Length: 100000\r\n\r\n${"x".repeat(50_000)}`, 10],
  ["POST /hostile/post HTTP/1.1\r\nHost: gw\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", 10],
  [get("/limited", handshake), 5],
];

export function aborts(): void {
  forever(16, 0, async () => {
    const socket = open();
    const [bytes, atMost] = beginnings[Math.floor(Math.random() * beginnings.length)] ?? ["", 0];
    socket.write(bytes, () => count("requests"));
    await sleep(Math.random() * atMost);
    socket.resetAndDestroy();
  });
}

export function hangingUpstream(): void {
  forever(300, 0, async (client) => {
    const socket = open();
    socket.on("end", () => socket.end());
    socket.write(get("/hostile/hang"), () => count("requests"));
    await next(socket, ["close"], client < 30 ? 1000 : 600_000);
    socket.destroy();
  });
}
