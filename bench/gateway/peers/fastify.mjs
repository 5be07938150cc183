import { randomUUID } from "node:crypto";
import proxy from "@fastify/http-proxy";
import Fastify from "fastify";

/** Fastify's own proxy plugin (reply-from and undici). */
const { PORT, UPSTREAM_PORT, ECHO_PORT } = process.env;
const server = Fastify({ genReqId: () => randomUUID() });
server.addHook("onRequest", (request, reply, done) => {
  reply.header("X-Request-ID", request.id);
  reply.header("X-Frame-Options", "DENY");
  reply.header("X-Content-Type-Options", "nosniff");
  done();
});
await server.register(proxy, {
  upstream: `http://127.0.0.1:${UPSTREAM_PORT}`,
  prefix: "/core",
  rewritePrefix: "/api/v1",
  undici: { connections: 256 },
  replyOptions: {
    rewriteRequestHeaders: (request, headers) => ({
      ...headers,
      "x-request-id": request.id,
      "x-forwarded-for": request.socket?.remoteAddress ?? request.ip,
      "x-forwarded-proto": "http",
      "x-forwarded-host": headers.host,
    }),
  },
});
await server.register(proxy, {
  upstream: `http://127.0.0.1:${ECHO_PORT}`,
  prefix: "/socket",
  rewritePrefix: "/socket",
  websocket: true,
});
await server.listen({ port: Number(PORT), host: "127.0.0.1" });
