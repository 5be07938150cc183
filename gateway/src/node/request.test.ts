import http, { type IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import { BareClient, bareServer, connected, listening } from "../../test/support/bare-server.ts";
import { eventually, pause } from "../../test/support/client.ts";
import type { ClientSocket } from "./parser.ts";
import { GatewayRequest } from "./request.ts";
import { releaseResponse } from "./response.ts";

/** What Node asked `headers` for. */
const asked = new Set<string>();

class WatchedRequest extends GatewayRequest {}
Object.defineProperty(WatchedRequest.prototype, "headers", {
  get(this: GatewayRequest) {
    return new Proxy(this.head, {
      get(head, name) {
        asked.add(String(name));
        return Reflect.get(head, name);
      },
      has: (_, name) => asked.add(`${String(name)} in`) && false,
      ownKeys: () => {
        asked.add("all");
        return [];
      },
    });
  },
});

test("IncomingMessage.headers: Node reads no more of it than expect and te", async () => {
  const server = http.createServer({
    IncomingMessage: WatchedRequest,
    requireHostHeader: false,
    shouldUpgradeCallback: ({ url }: IncomingMessage) => url === "/taken",
  });
  let count = 0;
  const take = (request: IncomingMessage, response: http.ServerResponse) => {
    count++;
    (request as GatewayRequest).discardBody();
    // A body is read to its end before the response is over.
    const end = () => (request.complete ? releaseResponse(response) : setImmediate(end));
    end();
  };
  for (const event of ["request", "checkContinue", "checkExpectation"] as const) server.on(event, take);
  for (const event of ["upgrade", "connect"] as const) server.on(event, () => count++);
  server.on("connection", (socket) => void new BareClient(socket as ClientSocket));
  const port = await listening(server);
  const heads = [
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.1\r\n\r\n",
    "GET / HTTP/1.0\r\nTE: chunked\r\nConnection: keep-alive\r\n\r\n",
    "HEAD / HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\nHost: a\r\nCookie: a=b\r\nTE: trailers\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nKeep-Alive: timeout=5\r\n\r\nab",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: x\r\n\r\n1\r\na\r\n0\r\nx: y\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nab",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: more\r\n\r\nab",
    "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    "GET /taken HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
  ];
  for (const [at, head] of heads.entries()) {
    const client = await connected(port);
    client.write(head);
    await eventually(() => count > at, head);
    client.end();
    await pause(10);
  }
  // Both, one or none: 26 reads the raw fields instead.
  expect([...asked].filter((name) => name !== "expect" && name !== "te")).toEqual([]);
});

/** Serves one request with its body; @returns what Node did with its parts. */
async function served(bytes: readonly string[], onRequest: (request: GatewayRequest) => void = () => {}) {
  const pushed: (string | null)[] = [];
  const calls = { resume: 0, destroy: 0, events: [] as string[] };
  const requests: GatewayRequest[] = [];
  const { port } = await bareServer({
    onParseError: (_, socket) => void socket.destroy(),
    onRequest(request, response) {
      requests.push(request);
      for (const method of ["resume", "destroy"] as const) {
        const inner = request[method];
        Object.defineProperty(request, method, {
          value: () => {
            calls[method]++;
            return inner.call(request);
          },
        });
      }
      for (const event of ["data", "end", "readable", "error"]) watch(request, event, calls.events);
      request.sendBodyTo({
        onRequestBody: (chunk) => pushed.push(chunk.toString("latin1")) > 0,
        onRequestEnd: () => void pushed.push(null),
      });
      onRequest(request);
      if (request.url === "/release") releaseResponse(response);
    },
  });
  const client = await connected(port);
  for (const piece of bytes) {
    client.write(piece);
    await pause(30);
  }
  await eventually(() => requests.length > 0, "the request");
  return { client, request: requests[0] as GatewayRequest, pushed, calls };
}

/** Listens without starting the stream, as a listener for data would. */
function watch(request: IncomingMessage, event: string, events: string[]): void {
  const emit = request.emit.bind(request);
  request.emit = ((name: string, ...facts: unknown[]) => {
    if (name === event) events.push(name);
    return emit(name, ...facts);
  }) as typeof request.emit;
}

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
    const { request, pushed, calls } = await served(row.bytes);
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

test("IncomingMessage.resume: Node wants to read over what nobody took, and finds nothing", async () => {
  const { calls, request } = await served(["GET /release HTTP/1.1\r\nHost: a\r\n\r\n"]);
  expect(calls.resume).toBe(1);
  expect(request.readableFlowing).toBe(null);
});

test("IncomingMessage.destroy: Node ends requests whose client leaves, which is no error and no event", async () => {
  const { client, calls, request } = await served([`${lengthHead}ab`]);
  client.destroy();
  await eventually(() => calls.destroy > 0, "Node's call");
  await pause(20);
  expect(request.destroyed).toBe(false);
  expect(calls.events).toEqual([]);
});

test("IncomingMessage.readableEnded: by it the parser lets go of a request, here once its message is complete", async () => {
  const requests: GatewayRequest[] = [];
  const responses: http.ServerResponse[] = [];
  const { port } = await bareServer({
    onRequest(request, response) {
      request.discardBody();
      requests.push(request);
      responses.push(response);
    },
  });
  const released = async (bytes: string) => {
    const count = requests.length + 1;
    (await connected(port)).write(bytes);
    await eventually(() => requests.length === count, "the request");
    await pause(20);
    releaseResponse(responses.at(-1) as http.ServerResponse);
    const request = requests.at(-1) as GatewayRequest;
    const { parser } = request.socket as ClientSocket as { parser?: { incoming?: unknown } };
    return { ended: request.readableEnded, held: parser?.incoming === request };
  };
  expect(await released(`${lengthHead}abcdef`)).toEqual({ ended: true, held: false });
  expect(await released(`${lengthHead}ab`)).toEqual({ ended: false, held: true });
});
