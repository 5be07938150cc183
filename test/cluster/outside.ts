import { request } from "node:https";
import type { LookupFunction } from "node:net";
import { text } from "node:stream/consumers";
import { WebSocket } from "ws";
import type { Fetcher } from "../engine/journey.ts";

/** Asks a stack over TLS by its public name, at the address of what stands in front of it, as a browser would. */
export class Outside implements Fetcher {
  readonly #host: string;
  readonly #certificate: string;
  readonly #lookup: LookupFunction;

  constructor(host: string, address: string, certificate: string) {
    this.#host = host;
    this.#certificate = certificate;
    this.#lookup = (_, { all }, callback) =>
      all ? callback(null, [{ address, family: 4 }]) : callback(null, address, 4);
  }

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return new Promise((resolve, reject) => {
      const asked = request(
        `https://${this.#host}${path}`,
        {
          method: init.method ?? "GET",
          headers: init.headers as Record<string, string>,
          ca: this.#certificate,
          lookup: this.#lookup,
          agent: false,
          timeout: 15_000,
        },
        (answer) => {
          const { statusCode: status = 0, headers } = answer;
          text(answer).then((body) => {
            const fields = Object.entries(headers).map(([name, value]): [string, string] => [
              name,
              String(value),
            ]);
            resolve(new Response(body === "" ? null : body, { status, headers: fields }));
          }, reject);
        },
      );
      asked.once("timeout", () => asked.destroy(new Error(`no answer from https://${this.#host}${path}`)));
      asked.once("error", reject);
      asked.end(init.body ?? undefined);
    });
  }

  /** Opens a WebSocket, sends a text and returns the answer to it. */
  echo(path: string, message: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(`wss://${this.#host}${path}`, {
        ca: this.#certificate,
        lookup: this.#lookup,
        handshakeTimeout: 10_000,
      });
      socket.once("open", () => socket.send(message));
      socket.once("message", (data) => {
        socket.close();
        resolve(String(data));
      });
      socket.once("error", reject);
    });
  }
}
