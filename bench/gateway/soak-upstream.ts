import { createServer } from "node:http";
import { bodies } from "./contenders.ts";
import { echoServer } from "./websocket.ts";

/** `node soak-upstream.ts PORT ECHO_PORT`: answers, resets and breaks off as the soak asks it to. */
const [port, echoPort] = process.argv.slice(2).map(Number);
const huge = Buffer.alloc(4 * 2 ** 20, "h");
const fixed: Readonly<Record<string, Buffer>> = {
  "/api/v1/small.json": bodies.small,
  "/api/v1/large.bin": bodies.large,
  "/api/v1/huge.bin": huge,
};

createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  request.on("error", () => {});
  response.on("error", () => {});
  const body = fixed[request.url ?? ""];
  if (body !== undefined) return void response.writeHead(200, { "Content-Length": body.length }).end(body);
  if (request.url === "/api/v1/reset") return void request.socket.resetAndDestroy();
  if (request.url === "/api/v1/broken") {
    response.writeHead(200, { "Content-Length": 65_536 });
    return void response.write(Buffer.alloc(1000), () => request.socket.resetAndDestroy());
  }
  let received = 0;
  request.on("data", (chunk: Buffer) => {
    received += chunk.length;
  });
  request.on("end", () => response.end(`{"received":${received}}`));
}).listen({ port, host: "127.0.0.1", backlog: 4096 });
await echoServer(echoPort);
