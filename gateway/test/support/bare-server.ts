import type { Server } from "node:http";
import { type AddressInfo, connect, type Server as NetServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { createHttpServer, type ServerEvents } from "../../src/node/http-server.ts";
import { type ClientSocket, stopWhenFull } from "../../src/node/parser.ts";
import type { Settings } from "../../src/settings.ts";

/** What Node's side needs of a client's connection, and no gateway behind it. */
export class BareClient {
  readonly socket: ClientSocket;
  full = false;
  readonly trusted = false;
  /** Reads that went by unparsed. */
  readOver = 0;
  resumed = 0;
  /** How often Node stopped reading since the client takes nothing. */
  untaken = 0;
  /** Whether anything keeps the socket from being read. */
  stopped = false;

  readonly reading: object;

  constructor(socket: ClientSocket) {
    this.socket = socket;
    const client = this;
    this.reading = {
      block: () => void socket.pause(),
      unblock: () => {
        this.resumed++;
        socket.resume();
      },
      set early(waits: boolean) {
        if (waits) socket.pause();
        else socket.resume();
      },
      onUntaken: () => {
        this.untaken++;
        this.stopped = true;
      },
      get stopped() {
        return client.stopped;
      },
    };
    Object.assign(socket, { gatewayClient: this });
    socket.on("error", () => {});
  }

  onReadOver(): void {
    this.readOver++;
  }
}

const settings = { maxHeaderBytes: 32_768, headersTimeout: 30_000 } as Settings;

/** Node's HTTP server as the gateway makes it; every client is a {@link BareClient}. */
export async function bareServer(
  events: Partial<Omit<ServerEvents, "onConnection">> & { readonly onClient?: (client: BareClient) => void },
): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createHttpServer(settings, {
    onRequest() {},
    takesUpgrade: () => false,
    onUpgrade() {},
    onConnect() {},
    onParseError() {},
    ...events,
    onConnection(socket) {
      const client = new BareClient(socket);
      stopWhenFull(socket);
      events.onClient?.(client);
    },
  });
  return { server, port: await listening(server) };
}

/** Lets a server listen until the test is over; its connections end with it. */
export async function listening(server: NetServer): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** A client that reads what comes, until the test is over. */
export async function connected(
  port: number,
  options: { readonly allowHalfOpen?: boolean } = {},
): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true, ...options });
  socket.on("error", () => {});
  socket.resume();
  onTestFinished(() => void socket.destroy());
  await new Promise((resolve) => socket.once("connect", resolve));
  return socket;
}
