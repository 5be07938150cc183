import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { Route } from "../../config/route-table.ts";
import { AccessLog } from "../src/observe/access-log.ts";
import { Metrics } from "../src/observe/metrics.ts";
import { createGateway, type Gateway } from "../src/proxy/server.ts";
import { parseRouteTable } from "../src/routing/parse.ts";
import { readSettings } from "../src/settings.ts";

/** An upstream that records the raw bytes it receives and answers by script. */
export class RawUpstream {
  readonly received: string[] = [];
  readonly sockets: Socket[] = [];
  #server: Server | undefined;
  readonly #answer: (socket: Socket, text: string, connection: number) => void;

  constructor(answer: (socket: Socket, text: string, connection: number) => void) {
    this.#answer = answer;
  }

  async listen(): Promise<number> {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      const index = this.sockets.push(socket) - 1;
      this.received[index] = "";
      socket.on("error", () => {});
      socket.on("end", () => socket.end());
      socket.on("data", (chunk) => {
        this.received[index] += chunk.toString("latin1");
        this.#answer(socket, this.received[index] as string, index);
      });
    }).listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.#server?.close();
  }
}

/** Answers 200 with a body of two bytes once a request head is there. */
export const ok = (socket: Socket, text: string): void => {
  if (/\r\n\r\n/.test(text)) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
};

/** A gateway in front of an upstream, with its log kept. */
export class GatewayUnderTest {
  readonly log: Record<string, unknown>[] = [];
  port = 0;
  #gateway: Gateway | undefined;

  async start(
    upstreamPort: number,
    env: Record<string, string> = {},
    route: Partial<Route> = {},
  ): Promise<void> {
    const base = {
      name: "a",
      host: "127.0.0.1",
      port: upstreamPort,
      prefix: "/a",
      strip_prefix: true,
      api_version: 1,
    };
    const socket = { ...base, name: "ws", prefix: "/socket", strip_prefix: false, websocket: true };
    const log = new AccessLog({
      write: (text) => {
        for (const line of text.trim().split("\n"))
          this.log.push(JSON.parse(line) as Record<string, unknown>);
      },
    });
    this.#gateway = createGateway(
      parseRouteTable({ services: [{ ...base, skip_prefix: ["/bare"], ...route }, socket] }),
      readSettings({ PROXY_HOST: "127.0.0.1", ...env }),
      { log, metrics: new Metrics() },
    );
    this.#gateway.server.listen(0, "127.0.0.1");
    await once(this.#gateway.server, "listening");
    this.port = (this.#gateway.server.address() as AddressInfo).port;
  }

  /** Sends raw bytes and returns all that comes back until the connection closes or is quiet for `quietMs`. */
  async raw(bytes: string, quietMs = 400): Promise<string> {
    const socket = connect(this.port, "127.0.0.1");
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
    });
    socket.on("error", () => {});
    socket.write(bytes, "latin1");
    socket.setTimeout(quietMs, () => socket.destroy());
    await once(socket, "close");
    return text;
  }

  /** Opens a connection that the test drives itself. */
  open(): Socket {
    return connect(this.port, "127.0.0.1").on("error", () => {});
  }

  stop(): Promise<void> {
    return this.#gateway?.close() ?? Promise.resolve();
  }
}

/** A GET with a Host. */
export const get = (path: string, ...fields: string[]): string =>
  [`GET ${path} HTTP/1.1`, "Host: gw", ...fields, "", ""].join("\r\n");
