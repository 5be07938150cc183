import { createServer } from "node:http";

/**
 * `node hostile/upstream.ts PORT`: the upstream of the route that is attacked. The well-behaved client has another, so
 * that what it measures is what the two share: the proxy.
 */
const fixed: Readonly<Record<string, Buffer>> = {
  "/api/v1/large": Buffer.alloc(2 ** 20, "l"),
  "/api/v1/huge": Buffer.alloc(2 ** 23, "h"),
};

createServer({ keepAliveTimeout: 120_000, maxHeaderSize: 65_536 }, (request, response) => {
  request.on("error", () => {});
  response.on("error", () => {});
  request.resume();
  const path = request.url ?? "";
  if (path === "/api/v1/hang") return;
  const body = fixed[path] ?? Buffer.from("ok");
  const answer = () => response.writeHead(200, { "Content-Length": body.length }).end(body);
  if (path === "/api/v1/slow") setTimeout(answer, 500);
  else if (request.method === "POST") request.on("end", answer);
  else answer();
}).listen({ port: Number(process.argv[2]), host: "127.0.0.1", backlog: 4096 });
