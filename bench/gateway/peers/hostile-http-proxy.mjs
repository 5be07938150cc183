import { randomUUID } from "node:crypto";
import http from "node:http";
import httpProxy from "http-proxy";

/** http-proxy for hostile clients: the limits of the others, with what Node's server and a few lines have for them. */
const { PORT, UPSTREAM_PORT, FLOOD_PORT, HOSTILE_PORT, ECHO_PORT } = process.env;
const to = (port) => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1024 });
  const options = { target: `http://127.0.0.1:${port}`, agent, xfwd: true, proxyTimeout: 60_000 };
  return httpProxy.createProxyServer(options).on("error", (_error, _request, response) => response.destroy());
};
const routes = { core: to(UPSTREAM_PORT), flood: to(FLOOD_PORT), hostile: to(HOSTILE_PORT) };
const echo = httpProxy.createProxyServer({ target: `http://127.0.0.1:${ECHO_PORT}`, xfwd: true });
echo.on("error", (_error, _request, socket) => socket.destroy());

/** Whether the path is the denied one, the way a lenient upstream may read it. */
function isDenied(url) {
  let path = url;
  try {
    path = decodeURIComponent(url);
  } catch {
    // The upstream takes it literally.
  }
  return path.toLowerCase().startsWith("/hostile/account/groups/permissions");
}

const seen = new Set();
const limits = {
  maxHeaderSize: 32_768,
  headersTimeout: 15_000,
  requestTimeout: 45_000,
  keepAliveTimeout: 75_000,
  connectionsCheckingInterval: 1000,
};

http
  .createServer(limits, (request, response) => {
    const id = randomUUID();
    const [, first] = request.url.split("/", 2);
    response.setHeader("X-Request-ID", id);
    response.setHeader("X-Frame-Options", "DENY");
    response.setHeader("X-Content-Type-Options", "nosniff");
    if (!Object.hasOwn(routes, first) || isDenied(request.url))
      return response.writeHead(404, { "Content-Length": 0 }).end();
    request.headers["x-request-id"] = id;
    request.url = request.url.replace(`/${first}`, "/api/v1");
    routes[first].web(request, response);
  })
  .on("upgrade", (request, socket, head) => {
    socket.on("error", () => {});
    const limited = request.url.startsWith("/limited") && seen.has(socket.remoteAddress);
    seen.add(socket.remoteAddress);
    if (limited || !request.url.startsWith("/limited"))
      return socket.end(
        `HTTP/1.1 ${limited ? "429 Too Many Requests" : "404 Not Found"}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
      );
    request.headers["x-request-id"] = randomUUID();
    echo.ws(request, socket, head);
  })
  .listen({ port: Number(PORT), host: "127.0.0.1", backlog: 4096 });
