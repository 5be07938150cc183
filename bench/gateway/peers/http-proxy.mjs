import { randomUUID } from "node:crypto";
import http from "node:http";
import httpProxy from "http-proxy";

/** http-proxy as its readme shows it, with keep-alive towards the upstream. */
const { PORT, UPSTREAM_PORT, ECHO_PORT } = process.env;
const proxy = httpProxy.createProxyServer({
  target: `http://127.0.0.1:${UPSTREAM_PORT}`,
  agent: new http.Agent({ keepAlive: true, maxSockets: 1024 }),
  xfwd: true,
});
const echo = httpProxy.createProxyServer({ target: `http://127.0.0.1:${ECHO_PORT}`, xfwd: true });
for (const each of [proxy, echo]) each.on("error", (_error, _request, response) => response.destroy());

http
  .createServer((request, response) => {
    const id = randomUUID();
    request.url = request.url.replace(/^\/core/, "/api/v1");
    request.headers["x-request-id"] = id;
    response.setHeader("X-Request-ID", id);
    response.setHeader("X-Frame-Options", "DENY");
    response.setHeader("X-Content-Type-Options", "nosniff");
    proxy.web(request, response);
  })
  .on("upgrade", (request, socket, head) => {
    request.headers["x-request-id"] = randomUUID();
    echo.ws(request, socket, head);
  })
  .listen(PORT, "127.0.0.1");
