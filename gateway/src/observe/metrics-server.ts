import http, { type Server } from "node:http";
import { exposition, expositionType } from "./exposition.ts";
import { merge, type Snapshot } from "./metrics.ts";

/**
 * Serves `GET /metrics` and nothing else, on a port of its own that no client reaches.
 * @param collect the snapshots of all workers; a rejection is answered 503.
 * @returns the server; the caller lets it listen and closes it.
 */
export function createMetricsServer(collect: () => Promise<readonly Snapshot[]>): Server {
  const server = http.createServer({ maxHeaderSize: 8_192, requestTimeout: 10_000 }, (request, response) => {
    const plain = { "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store" };
    const answer = (status: number, body: string, type = "text/plain; charset=utf-8") => {
      response.writeHead(status, {
        ...plain,
        "Content-Type": type,
        "Content-Length": Buffer.byteLength(body),
      });
      response.end(request.method === "HEAD" ? undefined : body);
    };
    request.resume();
    if (request.url?.split("?", 1)[0] !== "/metrics") return answer(404, "not found\n");
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("Allow", "GET, HEAD");
      return answer(405, "only GET\n");
    }
    collect().then(
      (snapshots) => answer(200, exposition(merge(snapshots)), expositionType),
      () => answer(503, "the metrics cannot be collected\n"),
    );
  });
  server.maxConnections = 64;
  return server;
}
