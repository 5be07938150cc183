import { randomUUID } from "node:crypto";
import http from "node:http";

/** The proxy of the textbook: http.request and pipe(). Port, upstream and echo port come from the environment. */
const { PORT, UPSTREAM_PORT, ECHO_PORT } = process.env;
const agent = new http.Agent({ keepAlive: true, maxSockets: 1024 });
const added = { "x-frame-options": "DENY", "x-content-type-options": "nosniff" };

function options(request, id) {
  const socket = request.url.startsWith("/socket");
  return {
    host: "127.0.0.1",
    port: socket ? ECHO_PORT : UPSTREAM_PORT,
    agent: socket ? false : agent,
    method: request.method,
    path: socket ? request.url : request.url.replace(/^\/core/, "/api/v1"),
    headers: {
      ...request.headers,
      "x-request-id": id,
      "x-forwarded-for": request.socket.remoteAddress,
      "x-forwarded-proto": "http",
      "x-forwarded-host": request.headers.host,
    },
  };
}

http
  .createServer((request, response) => {
    const id = randomUUID();
    const upstream = http.request(options(request, id), (answer) => {
      response.writeHead(answer.statusCode, { ...answer.headers, ...added, "x-request-id": id });
      answer.pipe(response);
    });
    upstream.on("error", () => response.destroy());
    request.pipe(upstream);
  })
  .on("upgrade", (request, client, head) => {
    const id = randomUUID();
    const upstream = http.request(options(request, id)).on("upgrade", (answer, server, first) => {
      const fields = Object.entries({ ...answer.headers, ...added, "x-request-id": id });
      client.write(
        `HTTP/1.1 101 Switching Protocols\r\n${fields.map(([n, v]) => `${n}: ${v}\r\n`).join("")}\r\n`,
      );
      client.write(first);
      server.write(head);
      server.pipe(client).pipe(server);
      for (const socket of [client, server]) socket.on("error", () => {});
    });
    upstream.on("error", () => client.destroy()).end();
  })
  .listen(PORT, "127.0.0.1");
