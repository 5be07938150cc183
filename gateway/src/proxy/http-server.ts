import http, { type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Settings } from "../settings.ts";
import { GatewayRequest } from "./incoming.ts";
import { bareRefusal } from "./request-facts.ts";

/** What the HTTP server hands over. */
export interface ServerHandlers {
  onConnection(socket: Socket): void;
  /** Whether an `Upgrade` is taken; one that is not is a plain request. */
  takesUpgrade(request: GatewayRequest): boolean;
  onUpgrade(request: GatewayRequest, socket: Socket, early: Buffer): void;
  onClientError(error: NodeJS.ErrnoException, socket: Socket): void;
}

/** Node's HTTP server as the gateway needs it: strict, without time-outs of its own but the one for a head. */
export function createHttpServer(settings: Settings, handlers: ServerHandlers): Server {
  const server = http.createServer({
    IncomingMessage: GatewayRequest,
    maxHeaderSize: settings.maxHeaderBytes,
    headersTimeout: settings.headersTimeout,
    // Bodies have a stall limit of their own; a long upload is not an attack.
    requestTimeout: 0,
    // Idle connections are swept together.
    keepAliveTimeout: 0,
    connectionsCheckingInterval: Math.min(1_000, Math.max(50, settings.headersTimeout / 4)),
    insecureHTTPParser: false,
    requireHostHeader: false,
    // Upgrades this gateway does not take are handled as plain requests, not hung up on.
    shouldUpgradeCallback: (request) => handlers.takesUpgrade(request as GatewayRequest),
  });
  // Node would drop the fields beyond its limit without a word.
  server.maxHeadersCount = 0;
  server.on("connection", (socket) => handlers.onConnection(socket));
  const take = (request: http.IncomingMessage, response: ServerResponse) => {
    const incoming = request as GatewayRequest;
    incoming.peer.take(incoming, response);
  };
  server.on("request", take);
  server.on("checkContinue", take);
  server.on("checkExpectation", take);
  server.on("upgrade", (request, socket, early) =>
    handlers.onUpgrade(request as GatewayRequest, socket as Socket, early),
  );
  server.on("connect", (_request, socket) => {
    socket.on("error", () => socket.destroy());
    socket.end(bareRefusal({ status: 405, reason: "bad_request", detail: "CONNECT is not offered" }));
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket) =>
    handlers.onClientError(error, socket as Socket),
  );
  return server;
}

/** The status for an error of Node's parser. */
export function statusOfParseError(code: string | undefined): number {
  if (code === "HPE_HEADER_OVERFLOW") return 431;
  if (code === "HPE_CHUNK_EXTENSIONS_OVERFLOW") return 413;
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return 408;
  return 400;
}
