import { frame, openTunnel } from "./websocket.ts";

/**
 * `node websocket-load.ts PORT SECONDS CONNECTIONS`: one message of 64 bytes under way on each connection; every
 * echo is compared byte for byte. Prints the same RESULT line as load.lua.
 */
const [port = 0, seconds = 5, connections = 64] = process.argv.slice(2).map(Number);
const payload = Buffer.alloc(64, "m");
const expected = frame(1, payload, false);
const message = frame(1, payload, true);
const times: number[] = [];
let bytes = 0;
let errors = 0;
let running = true;

const sockets = await Promise.all(
  Array.from({ length: connections }, () => openTunnel(port, "/socket/websocket")),
);
const start = performance.now();
for (const socket of sockets) {
  let sent = performance.now();
  let rest: Buffer = Buffer.alloc(0);
  socket.on("error", () => errors++);
  socket.on("close", () => running && errors++);
  socket.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    if (rest.length < expected.length) return;
    if (!rest.equals(expected)) errors++;
    rest = Buffer.alloc(0);
    const now = performance.now();
    times.push(now - sent);
    sent = now;
    if (running) socket.write(message);
  });
  socket.write(message);
}
setTimeout(() => {
  running = false;
  const microseconds = Math.round((performance.now() - start) * 1000);
  times.sort((a, b) => a - b);
  const at = (share: number) => Math.round((times[Math.floor((times.length - 1) * share)] ?? 0) * 1000);
  const figures = { p50: at(0.5), p99: at(0.99), max: at(1), badStatus: 0, socketErrors: errors };
  console.log(`RESULT ${JSON.stringify({ requests: times.length, microseconds, bytes, ...figures })}`);
  process.exit(0);
}, seconds * 1000);
