import http, { type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Settings } from "../settings.ts";
import type { ClientSocket } from "./parser.ts";
import { GatewayRequest } from "./request.ts";

/** What Node's HTTP server hands over. */
export interface ServerEvents {
  onConnection(socket: ClientSocket): void;
  onRequest(request: GatewayRequest, response: ServerResponse): void;
  /** Whether an `Upgrade` is taken; one that is not is a plain request. */
  takesUpgrade(request: GatewayRequest): boolean;
  /** The parser is done with the request's socket. */
  onUpgrade(request: GatewayRequest, early: Buffer): void;
  /** The parser is done with the request's socket. */
  onConnect(request: GatewayRequest): void;
  onParseError(error: NodeJS.ErrnoException, socket: ClientSocket): void;
}

/** Node's HTTP server as the gateway needs it: strict, without time-outs of its own but the one for a head. */
export function createHttpServer(settings: Settings, events: ServerEvents): Server {
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
    shouldUpgradeCallback: (request) => events.takesUpgrade(request as GatewayRequest),
  });
  // Node would drop the fields beyond its limit without a word.
  server.maxHeadersCount = 0;
  server.on("connection", (socket: Socket) => events.onConnection(socket as ClientSocket));
  const take = (request: http.IncomingMessage, response: ServerResponse) =>
    events.onRequest(request as GatewayRequest, response);
  server.on("request", take);
  // What is expected is judged like any other field.
  server.on("checkContinue", take);
  server.on("checkExpectation", take);
  // The socket that Node hands over is not used: from 26 on it may be a wrapper around the client's.
  server.on("upgrade", (request, _socket, early) => events.onUpgrade(request as GatewayRequest, early));
  server.on("connect", (request) => events.onConnect(request as GatewayRequest));
  server.on("clientError", (error: NodeJS.ErrnoException, socket) =>
    events.onParseError(error, socket as ClientSocket),
  );
  return server;
}
