import http from "node:http";
import { expect, test } from "vitest";
import { type BareClient, bareServer, connected, listening } from "../../test/support/bare-server.ts";
import { eventually, pause } from "../../test/support/client.ts";
import { type ClientSocket, pausedCode, stopParsing, type Unparsed } from "./parser.ts";

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
const post = (path: string, body: string) =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

test.each([
  { kind: "without a body", second: get("/2"), left: get("/3") },
  // It stops behind the head: the body is among what is left.
  { kind: "with a body", second: post("/2", "body"), left: `body${get("/3")}` },
])(
  "parser.onIncoming: 21 stops llhttp behind a request $kind, and clientError brings HPE_PAUSED with the rest",
  async ({ second, left }) => {
    const seen: string[] = [];
    const errors: (NodeJS.ErrnoException & Unparsed)[] = [];
    const server = http.createServer((request) => seen.push(request.url ?? ""));
    server.on("connection", (socket) => {
      const { parser } = socket as ClientSocket;
      if (parser === undefined || parser === null) throw new Error("the socket has no parser");
      const inner = parser.onIncoming;
      parser.onIncoming = function (request, keepAlive) {
        const verdict = inner.call(this, request, keepAlive);
        return seen.length === 2 ? 21 : verdict;
      };
    });
    server.on("clientError", (error: NodeJS.ErrnoException) => errors.push(error));
    const client = await connected(await listening(server));
    client.write(get("/1") + second + get("/3"));
    await eventually(() => errors.length > 0, "the parser stops");
    await pause(50);
    expect(seen).toEqual(["/1", "/2"]);
    expect(errors.map(({ code }) => code)).toEqual([pausedCode]);
    const [{ rawPacket, bytesParsed } = {}] = errors;
    expect(rawPacket?.subarray(bytesParsed).toString()).toBe(left);
  },
);

test("parser.socket: is the client's, by which onIncoming knows whether to stop", async () => {
  const seen: string[] = [];
  const codes: (string | undefined)[] = [];
  const { port } = await bareServer({
    onClient: ({ socket }) => expect(socket.parser?.socket).toBe(socket),
    onRequest({ url = "", socket }) {
      seen.push(url);
      if (seen.length === 2) Object.assign((socket as ClientSocket).gatewayClient, { full: true });
    },
    onParseError: ({ code }) => codes.push(code),
  });
  (await connected(port)).write(get("/1") + get("/2") + get("/3"));
  await eventually(() => codes.length > 0, "the parser stops");
  expect(seen).toEqual(["/1", "/2"]);
  expect(codes).toEqual([pausedCode]);
});

test.each(["within a request event", "later"])(
  "socketOnData: removed by stopParsing %s, nothing is parsed any more, and what comes is read over",
  async (when) => {
    const seen: string[] = [];
    const clients: BareClient[] = [];
    const { port } = await bareServer({
      onClient: (client) => void clients.push(client),
      onRequest({ url = "" }) {
        seen.push(url);
        const [client] = clients;
        if (when === "later" || client === undefined) return;
        client.full = true;
        stopParsing(client.socket);
      },
    });
    const peer = await connected(port);
    peer.write(when === "later" ? get("/1") : get("/1") + get("/2"));
    await eventually(() => seen.length > 0, "the first request");
    const [client] = clients as [BareClient];
    const { socket } = client;
    if (when === "later") stopParsing(socket);
    const { bytesRead } = socket;
    const more = get("/3").repeat(20_000);
    peer.end(more);
    await eventually(() => socket.readableEnded, "all is read");
    expect(socket.bytesRead).toBe(bytesRead + more.length);
    expect(client.readOver).toBeGreaterThan(0);
    expect(seen).toEqual(["/1"]);
  },
);
