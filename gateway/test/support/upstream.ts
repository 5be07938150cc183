import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { type Message, readRequests } from "./strict.ts";

/** One connection that the gateway opened, with every byte it sent. */
export interface Recorded {
  readonly socket: Socket;
  bytes: Buffer;
  /** How many whole requests have been handed to `answer`. */
  answered: number;
  /** When the gateway has closed or reset its side. */
  ended: boolean;
}

/** Called once per whole request; writes the answer. */
export type Answer = (connection: Recorded, request: Message, index: number) => void;

/** 200 with a body of two bytes. */
export const ok: Answer = ({ socket }) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");

/** Writes fixed bytes for every request. */
export const always =
  (bytes: string): Answer =>
  ({ socket }) =>
    socket.write(bytes, "latin1");

/** Writes fixed bytes and then closes. */
export const thenClose =
  (bytes: string): Answer =>
  ({ socket }) =>
    socket.end(bytes, "latin1");

/** A server on loopback that keeps every byte it receives and answers by script. */
export class Upstream {
  readonly connections: Recorded[] = [];
  answer: Answer = ok;
  /** Set to see bytes as they come, whole requests or not. */
  onBytes: ((connection: Recorded, chunk: Buffer) => void) | undefined;
  onConnection: ((connection: Recorded) => void) | undefined;
  port = 0;
  #server: Server | undefined;

  async listen(host = "127.0.0.1", port = 0): Promise<this> {
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
    this.#server.listen(port, host);
    await once(this.#server, "listening");
    this.port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  #accept(socket: Socket): void {
    const connection: Recorded = { socket, bytes: Buffer.alloc(0), answered: 0, ended: false };
    this.connections.push(connection);
    socket.on("error", () => {});
    socket.on("close", () => {
      connection.ended = true;
    });
    socket.on("end", () => {
      connection.ended = true;
      socket.end();
    });
    let read = 0;
    let handed = 0;
    socket.on("data", (chunk: Buffer) => {
      // Whoever reads the record may empty it.
      if (connection.bytes.length < read) read = handed = 0;
      connection.bytes = Buffer.concat([connection.bytes, chunk]);
      this.onBytes?.(connection, chunk);
      const { messages, rest, partial } = readRequests(connection.bytes.subarray(read));
      for (const message of messages.slice(handed)) this.answer(connection, message, connection.answered++);
      handed = messages.length;
      // What is whole is not read again; thousands of requests come on one connection.
      if (rest.length > 0 || partial !== undefined) return;
      read = connection.bytes.length;
      handed = 0;
    });
    this.onConnection?.(connection);
  }

  /** All bytes received, connection after connection. */
  get bytes(): Buffer {
    return Buffer.concat(this.connections.map(({ bytes }) => bytes));
  }

  /**
   * Every request received.
   * @throws when a connection carries anything else than whole, strictly well-formed requests.
   */
  get requests(): Message[] {
    return this.connections.flatMap(({ bytes }) => {
      const { messages, rest, error } = readRequests(bytes);
      if (error !== undefined || rest.length > 0)
        throw new Error(`the upstream got more than whole requests: ${error ?? "unfinished"}: ${show(rest)}`);
      return messages;
    });
  }

  /** The requests that a lenient upstream could believe complete, whole streams or not. */
  get complete(): Message[] {
    return this.connections.flatMap(({ bytes }) => [...readRequests(bytes).messages]);
  }

  /** Stops listening and ends every connection, like a process that died. */
  async close(): Promise<void> {
    for (const { socket } of this.connections) socket.destroy();
    const server = this.#server;
    if (server?.listening) {
      server.close();
      await once(server, "close");
    }
  }
}

/** Bytes for a message a person reads. */
export const show = (bytes: Buffer): string => JSON.stringify(bytes.toString("latin1").slice(0, 400));
