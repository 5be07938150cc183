import { createServer, type Server } from "node:http";
import type { Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { expect, onTestFinished, test } from "vitest";
import { connected, listening } from "../../test/support/bare-server.ts";
import { eventually, pause } from "../../test/support/client.ts";
import { closeListener, emptyBacklog } from "./listener.ts";

test("net.Server.close: called for an HTTP server it leaves idle connections open, and waits for them", async () => {
  const server = createServer((_, response) => response.end("ok"));
  const port = await listening(server);
  const client = await connected(port);
  client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await eventually(() => client.bytesRead > 0, "the first answer");
  let closed = false;
  void closeListener(server).then(() => {
    closed = true;
  });
  await pause(50);
  expect(server.listening).toBe(false);
  expect(client.closed).toBe(false);
  const before = client.bytesRead;
  client.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  await eventually(() => client.bytesRead > before, "the second answer");
  await eventually(() => closed, "the close, once the connection is gone");
});

test("http.Server.close: ends idle connections, which is why it is not called", async () => {
  const server = createServer((_, response) => response.end("ok"));
  const client = await connected(await listening(server));
  client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await eventually(() => client.bytesRead > 0, "the answer");
  server.close();
  await eventually(() => client.closed, "the end of the idle connection");
});

const count = 12;

/** Lets a thread connect while this one does nothing, so that the kernel queues. @returns how many were reset. */
async function queueConnections(port: number): Promise<() => Promise<number>> {
  const states = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(
    `const { workerData: { port, states } } = require("node:worker_threads");
    for (let i = 0; i < ${count}; i++) {
      const socket = require("node:net").connect(port, "127.0.0.1", () => { Atomics.add(states, 0, 1); Atomics.notify(states, 0); });
      socket.on("error", () => Atomics.add(states, 1, 1)).resume();
    }`,
    { eval: true, workerData: { port, states } },
  );
  onTestFinished(async () => void (await worker.terminate()));
  for (let open = 0; open < count; open = Atomics.load(states, 0)) Atomics.wait(states, 0, open, 5_000);
  return async () => {
    await pause(100);
    return Atomics.load(states, 1);
  };
}

/** @returns the connections that a server has accepted. */
function accepted(server: Server): Set<Socket> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket));
  return sockets;
}

test("uv__server_io: no two turns go by without a connection while the kernel has one queued", async () => {
  const server = createServer();
  const sockets = accepted(server);
  await queueConnections(await listening(server));
  const perTurn: number[] = [];
  for (let seen = 0; sockets.size < count && perTurn.length < 100; seen = sockets.size) {
    await nextTurn();
    perTurn.push(sockets.size - seen);
  }
  expect(sockets.size).toBe(count);
  expect(perTurn.join("")).not.toMatch(/00/);
});

test("uv__server_io: a listener that is closed resets what the kernel has queued; emptied before, it resets nothing", async () => {
  const reset = async (empty: boolean) => {
    const server = createServer();
    const sockets = accepted(server);
    const resets = await queueConnections(await listening(server));
    if (empty) await emptyBacklog(server, performance.now() + 5_000);
    void closeListener(server);
    return [await resets(), sockets.size];
  };
  expect(await reset(true)).toEqual([0, count]);
  const [resets = 0, taken] = await reset(false);
  expect(taken).toBe(count - resets);
  expect(resets).toBeGreaterThan(0);
});
