import { expect, test } from "vitest";
import { bareServer, connected } from "../../test/support/bare-server.ts";
import { eventually, pause } from "../../test/support/client.ts";
import { serveOnce } from "../../test/support/serve-once.ts";
import type { ClientSocket } from "./parser.ts";
import type { GatewayRequest } from "./request.ts";

const lengthHead = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n";
const chunkedHead = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

test.each([
  { kind: "a length", bytes: [`${lengthHead}ab`, "cd", "ef"], pieces: ["ab", "cd", "ef", null] },
  {
    kind: "chunks",
    bytes: [`${chunkedHead}2\r\nab\r\n`, "2\r\nc", "d\r\n0\r\n\r\n"],
    pieces: ["ab", "c", "d", null],
  },
  { kind: "no body", bytes: ["GET / HTTP/1.1\r\nHost: a\r\n\r\n"], pieces: [null] },
])(
  "IncomingMessage.push: a body with $kind comes piece by piece and ends by null, and nothing is kept",
  async (row) => {
    const { request, pushed, calls } = await serveOnce(row.bytes);
    expect(pushed).toEqual(row.pieces);
    expect(request.complete).toBe(true);
    expect(request.readableLength).toBe(0);
    expect(calls.events).toEqual([]);
  },
);

test("IncomingMessage.push: false stops the reading until the socket is resumed, and no piece is lost", async () => {
  const size = 16_777_216;
  let socket: ClientSocket | undefined;
  let got = 0;
  let more = false;
  const { port } = await bareServer({
    onRequest(request) {
      socket = request.socket as ClientSocket;
      request.sendBodyTo({
        onRequestBody: (chunk) => {
          got += chunk.length;
          return more;
        },
        onRequestEnd() {},
      });
    },
  });
  const client = await connected(port);
  client.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`);
  client.write(Buffer.alloc(size));
  await eventually(() => got > 0, "the first piece");
  await pause(150);
  expect(got).toBeLessThan(200_000);
  more = true;
  socket?.resume();
  await eventually(() => got === size, "the whole body");
});

test("IncomingMessage.push: a piece is its receiver's, and stays as it is whatever is read after it", async () => {
  const pieces: Buffer[] = [];
  let complete = false;
  const { port } = await bareServer({
    onRequest: (request) =>
      request.sendBodyTo({
        onRequestBody: (chunk) => pieces.push(chunk) > 0,
        onRequestEnd: () => {
          complete = true;
        },
      }),
  });
  const client = await connected(port);
  const body = Buffer.from(Array.from({ length: 1_000_000 }, (_, at) => (at * 31 + (at >> 8)) & 255));
  client.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n`);
  client.write(body);
  await eventually(() => complete, "the body");
  expect(pieces.length).toBeGreaterThan(1);
  expect(Buffer.concat(pieces).equals(body)).toBe(true);
});

test("IncomingMessage.push: a body that nobody takes yet is read no further, and sent whole once somebody does", async () => {
  const requests: GatewayRequest[] = [];
  const { port } = await bareServer({ onRequest: (request) => void requests.push(request) });
  const client = await connected(port);
  const body = Buffer.alloc(8_388_608, "x");
  client.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n`);
  client.write(body);
  await pause(150);
  const [request] = requests as [GatewayRequest];
  expect(request.socket.bytesRead).toBeLessThan(200_000);
  let got = 0;
  request.sendBodyTo({
    onRequestBody(chunk) {
      got += chunk.length;
      return true;
    },
    onRequestEnd() {},
  });
  await eventually(() => got === body.length, "the whole body");
});

test("IncomingMessage.push: a body that nobody wants is read over to its end, so that the next request is found", async () => {
  const requests: GatewayRequest[] = [];
  const { port } = await bareServer({ onRequest: (request) => void requests.push(request) });
  const client = await connected(port);
  const size = 1_000_000;
  client.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`);
  await eventually(() => requests.length > 0, "the request");
  requests[0]?.discardBody();
  client.write(Buffer.alloc(size));
  client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await eventually(() => requests.length > 1, "the next request");
  expect(requests[0]?.complete).toBe(true);
});

test("a body that came before its receiver is handed over in order, and its end is told once", async () => {
  const requests: GatewayRequest[] = [];
  const { port } = await bareServer({ onRequest: (request) => void requests.push(request) });
  (await connected(port)).write(`${lengthHead}abcdef`);
  await eventually(() => requests[0]?.complete === true, "the request");
  const seen: string[] = [];
  requests[0]?.sendBodyTo({
    onRequestBody: (chunk) => seen.push(String(chunk)) > 0,
    onRequestEnd: () => void seen.push("end"),
  });
  expect(seen).toEqual(["abcdef", "end"]);
});
