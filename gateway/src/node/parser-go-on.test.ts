import type { ServerResponse } from "node:http";
import { connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { type BareClient, bareServer, connected } from "../../test/support/bare-server.ts";
import { eventually, pause } from "../../test/support/client.ts";
import { type ClientSocket, goOn, keepUnparsed, pausedCode, readOn } from "./parser.ts";
import type { GatewayRequest } from "./request.ts";
import { releaseResponse } from "./response.ts";

const count = 3_000;
/** A body that tells its place: none, one with a length, or chunks. */
const bodyOf = (n: number) => (n % 3 === 0 ? "" : `<${n}:${"x".repeat((n * 7) % 90)}>`);

function message(n: number): string {
  const body = bodyOf(n);
  if (n % 3 === 0) return `GET /${n} HTTP/1.1\r\nHost: a\r\n\r\n`;
  if (n % 3 === 1) return `POST /${n} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const half = body.length >> 1;
  const chunks = [body.slice(0, half), body.slice(half)].map(
    (part) => `${part.length.toString(16)}\r\n${part}\r\n`,
  );
  return `POST /${n} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunks.join("")}0\r\n\r\n`;
}

/** Answers three requests at a time, and stops the parser meanwhile. @returns what came, in its order. */
async function serveInThrees(): Promise<{ port: number; came: string[]; stops: () => number }> {
  const came: string[] = [];
  const waiting: { readonly request: GatewayRequest; readonly response: ServerResponse }[] = [];
  let stops = 0;
  let held = false;
  let planned = false;
  let client: BareClient | undefined;
  const advance = () => {
    planned = false;
    // An answer before the body's end would make Node drop the rest.
    while (waiting[0]?.request.complete === true)
      releaseResponse(waiting.shift()?.response as ServerResponse);
    if (client === undefined) return;
    client.full = waiting.length >= 3;
    if (!held) return;
    held = false;
    goOn(client.socket);
    client.socket.resume();
  };
  const plan = () => {
    if (!planned) setImmediate(advance);
    planned = true;
  };
  const { port } = await bareServer({
    onClient: (made) => {
      client = made;
    },
    onRequest(request, response) {
      let body = "";
      waiting.push({ request, response });
      request.sendBodyTo({
        onRequestBody(chunk) {
          body += chunk.toString("latin1");
          return true;
        },
        onRequestEnd: () => {
          came.push(`${request.url} ${body}`);
          plan();
        },
      });
      if (client !== undefined) client.full = waiting.length >= 3;
    },
    onParseError(error, socket) {
      if (error.code !== pausedCode) throw error;
      keepUnparsed(socket, error as object, stops === 0);
      stops++;
      held = true;
      plan();
    },
  });
  return { port, came, stops: () => stops };
}

test.each(["one write", "odd pieces"])(
  'socket.unshift, push("") and parser.resume: 3,000 pipelined requests with bodies in %s, no byte lost or doubled',
  async (how) => {
    const { port, came, stops } = await serveInThrees();
    const client = await connected(port);
    const all = Buffer.from(Array.from({ length: count }, (_, n) => message(n)).join(""), "latin1");
    if (how === "one write") client.write(all);
    else
      for (let at = 0, step = 1; at < all.length; at += step, step = (step * 31) % 997) {
        client.write(all.subarray(at, at + step));
        await new Promise((resolve) => setImmediate(resolve));
      }
    await eventually(() => came.length >= count, `${count} requests`, 15_000);
    await pause(20);
    expect(came).toEqual(Array.from({ length: count }, (_, n) => `/${n} ${bodyOf(n)}`));
    expect(stops()).toBeGreaterThan(100);
  },
);

test("parser.execute: with no bytes it ends a request that needs no more, so that an end of the stream is none within it", async () => {
  const requests: GatewayRequest[] = [];
  const errors: (string | undefined)[] = [];
  let client: BareClient | undefined;
  const { port } = await bareServer({
    onClient: (made) => {
      client = made;
      made.full = true;
    },
    onRequest: (request) => void requests.push(request),
    onParseError(error, socket) {
      errors.push(error.code);
      if (error.code === pausedCode) keepUnparsed(socket, error as object, true);
    },
  });
  const peer = await connected(port);
  peer.write("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n");
  await eventually(() => errors.length === 1, "the parser stops");
  expect(requests.map(({ complete }) => complete)).toEqual([false]);
  if (client !== undefined) goOn(client.socket);
  expect(requests.map(({ complete }) => complete)).toEqual([true]);
  peer.end();
  await pause(20);
  expect(errors).toEqual([pausedCode]);
});

test("parser.unconsume: the first listener for data takes the socket from the parser, which is fed all the same", async () => {
  const seen: string[] = [];
  let unconsumed = 0;
  let read = "";
  let client: ClientSocket | undefined;
  const { port } = await bareServer({
    onClient: ({ socket }) => {
      client = socket;
      const parser = socket.parser as unknown as { unconsume(): void };
      const inner = parser.unconsume;
      parser.unconsume = function () {
        unconsumed++;
        inner.call(this);
      };
    },
    onRequest: ({ url = "" }) => void seen.push(url),
  });
  const peer = await connected(port);
  peer.write("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n");
  await eventually(() => seen.length === 1, "the first request");
  expect(unconsumed).toBe(0);
  client?.on("data", (chunk: Buffer) => {
    read += chunk;
  });
  expect(unconsumed).toBe(1);
  client?.push("");
  const second = "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n";
  peer.write(second);
  await eventually(() => seen.length === 2, "the second request");
  expect(read).toBe(second);
});

test("socket._paused, socketOnDrain: Node stops reading for a client that takes nothing, says so, and resumes nothing by itself", async () => {
  const seen: string[] = [];
  let client: ClientSocket | undefined;
  let bare: BareClient | undefined;
  const { port } = await bareServer({
    onClient: (made) => {
      bare = made;
      client = made.socket;
    },
    onRequest({ url = "" }, response) {
      seen.push(url);
      if (url === "/1") client?.write(Buffer.alloc(16_777_216));
      releaseResponse(response);
    },
  });
  const peer = connect(port, "127.0.0.1");
  onTestFinished(() => void peer.destroy());
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
  peer.write(get("/1"));
  await eventually(() => client?.writableNeedDrain === true, "the client is full");
  peer.write(get("/2"));
  await eventually(() => seen.length === 2, "a request that is read all the same");
  expect([client?._paused, bare?.untaken]).toEqual([true, 1]);
  await pause(20);
  expect(client?.isPaused()).toBe(true);
  peer.write(get("/3"));
  peer.resume();
  await eventually(() => client?.writableNeedDrain === false, "the client has taken all");
  await pause(100);
  expect([seen, client?.isPaused()]).toEqual([["/1", "/2"], true]);
  if (bare !== undefined) bare.stopped = false;
  readOn(client as ClientSocket);
  await eventually(() => seen.length === 3, "the request that waited");
});
