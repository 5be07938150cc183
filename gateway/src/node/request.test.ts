import http, { type IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import { BareClient, bareServer, connected, listening } from "../../test/support/bare-server.ts";
import { eventually, pause } from "../../test/support/client.ts";
import { serveOnce } from "../../test/support/serve-once.ts";
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

const lengthHead = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n";

test("IncomingMessage.resume: Node wants to read over what nobody took, and finds nothing", async () => {
  const { calls, request } = await serveOnce(["GET /release HTTP/1.1\r\nHost: a\r\n\r\n"]);
  expect(calls.resume).toBe(1);
  expect(request.readableFlowing).toBe(null);
});

test("IncomingMessage.destroy: Node ends requests whose client leaves, which is no error and no event", async () => {
  const { client, calls, request } = await serveOnce([`${lengthHead}ab`]);
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

test("IncomingMessage._read: a response that is over resumes no socket, so that a held parser is fed nothing", async () => {
  const turns: { readonly request: GatewayRequest; readonly response: http.ServerResponse }[] = [];
  const { port } = await bareServer({
    onRequest(request, response) {
      request.discardBody();
      turns.push({ request, response });
    },
  });
  (await connected(port)).write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await eventually(() => turns[0]?.request.complete === true, "the request");
  const [{ request, response } = expect.fail("no request")] = turns;
  request.socket.pause();
  releaseResponse(response);
  // What Node 26 does for such a response, on any Node.
  request.read(0);
  await pause(20);
  expect(request.socket.isPaused()).toBe(true);
});
