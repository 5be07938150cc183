import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { GatewayUnderTest, RawUpstream } from "./harness.ts";

const gateway = new GatewayUnderTest();
let close = () => {};
afterEach(async () => {
  close();
  await gateway.stop();
});

async function echoServer(): Promise<{ server: Server; urls: string[] }> {
  const server = createServer();
  const urls: string[] = [];
  new WebSocketServer({ server, handleProtocols: () => "phoenix" }).on("connection", (peer, request) => {
    urls.push(request.url ?? "");
    peer.send("welcome");
    peer.on("message", (data, binary) => peer.send(data as Buffer, { binary }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { server, urls };
}

const handshake = (path: string, method = "GET"): string =>
  [
    `${method} ${path} HTTP/1.1`,
    "Host: gw",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${"A".repeat(22)}==`,
    "",
    "",
  ].join("\r\n");

test("text, a megabyte of bytes and the path with its query pass unchanged", async () => {
  const { server, urls } = await echoServer();
  await gateway.start((server.address() as AddressInfo).port, { GATEWAY_DRAIN_MS: "100" });
  const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}/socket/websocket?token=t&vsn=2.0.0`, [
    "phoenix",
  ]);
  const received: Buffer[] = [];
  socket.on("message", (data) => received.push(data as Buffer));
  await once(socket, "open");
  expect(socket.protocol).toBe("phoenix");
  const large = randomBytes(1 << 20);
  socket.send("hello");
  socket.send(large);
  while (received.length < 3) await once(socket, "message");
  expect(received.slice(0, 2).map(String)).toEqual(["welcome", "hello"]);
  expect(received[2]?.equals(large)).toBe(true);
  expect(urls).toEqual(["/socket/websocket?token=t&vsn=2.0.0"]);
  socket.close();
  await once(socket, "close");
});

test("a refused handshake passes as it is and opens no tunnel", async () => {
  const upstream = new RawUpstream((socket, text) => {
    if (text.includes("\r\n\r\n")) socket.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
  });
  close = () => upstream.close();
  await gateway.start(await upstream.listen(), { GATEWAY_DRAIN_MS: "100" });
  const answer = await gateway.raw(
    `${handshake("/socket/websocket")}GET /a/smuggled HTTP/1.1\r\nHost: gw\r\n\r\n`,
  );
  expect(answer).toMatch(/^HTTP\/1\.1 403 [\s\S]*no$/);
  expect(upstream.received.join("")).not.toContain("smuggled");
});

test("a 101 with a wrong accept is 502", async () => {
  const upstream = new RawUpstream((socket) =>
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: wrong\r\n\r\n",
    ),
  );
  close = () => upstream.close();
  await gateway.start(await upstream.listen(), { GATEWAY_DRAIN_MS: "100" });
  expect(await gateway.raw(handshake("/socket/websocket"))).toMatch(/^HTTP\/1\.1 502 /);
});

test("an upgrade elsewhere, by POST, or to h2c is a plain request without Upgrade", async () => {
  const upstream = new RawUpstream((socket, text) => {
    if (text.includes("\r\n\r\n")) socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  });
  close = () => upstream.close();
  await gateway.start(await upstream.listen(), { GATEWAY_DRAIN_MS: "100" });
  expect(await gateway.raw(handshake("/a/x"))).toMatch(/^HTTP\/1\.1 200 /);
  expect(await gateway.raw(handshake("/socket/websocket", "POST"))).toMatch(/^HTTP\/1\.1 200 /);
  expect(
    await gateway.raw(handshake("/socket/websocket").replace("Upgrade: websocket", "Upgrade: h2c")),
  ).toMatch(/^HTTP\/1\.1 200 /);
  expect(upstream.received.join("")).not.toMatch(/\r\nupgrade:/i);
});

test("a dead upstream is 503, not a hang", async () => {
  await gateway.start(1, { GATEWAY_DRAIN_MS: "100" });
  expect(await gateway.raw(handshake("/socket/websocket"))).toMatch(/^HTTP\/1\.1 503 /);
});
