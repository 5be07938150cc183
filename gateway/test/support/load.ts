import { Client } from "./client.ts";
import type { Gateway } from "./gateway.ts";
import { get } from "./verdict.ts";

/** Clients that ask again as soon as they are answered, so that the gateway has no quiet turn. */
export class Load {
  /** Requests answered so far. */
  answered = 0;
  #running = true;
  readonly #clients: Client[];

  constructor(gateway: Gateway, target: string, clients = 4) {
    const request = get(target);
    this.#clients = Array.from({ length: clients }, () => {
      // Paused for the class, since it keeps every byte; here they are only looked at.
      const client = new Client(gateway.port, { paused: true });
      client.socket.on("data", () => {
        this.answered++;
        if (this.#running) client.send(request);
      });
      client.socket.resume();
      return client.send(request);
    });
  }

  stop(): void {
    this.#running = false;
    for (const client of this.#clients) client.destroy();
  }
}
