import type { IncomingMessage } from "node:http";
import type { GatewayRequest } from "../../src/node/request.ts";
import { releaseResponse } from "../../src/node/response.ts";
import { bareServer, connected } from "./bare-server.ts";
import { eventually, pause } from "./client.ts";

/** Serves one request with its body; @returns what Node did with its parts. */
export async function serveOnce(bytes: readonly string[]) {
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
