import type { ClientConnection } from "./connection.ts";

/** All client connections of a process, whatever they are doing. */
export class Clients {
  readonly #all = new Set<ClientConnection>();

  add(client: ClientConnection): void {
    this.#all.add(client);
  }

  delete(client: ClientConnection): void {
    this.#all.delete(client);
  }

  get size(): number {
    return this.#all.size;
  }

  /** Requests and handshakes that have no whole answer yet; open tunnels do not count. */
  get inFlight(): number {
    let count = 0;
    for (const { current } of this.#all) if (current !== undefined && current.tunnel?.open !== true) count++;
    return count;
  }

  /** Handshakes under way and open tunnels. */
  get tunnels(): number {
    let count = 0;
    for (const { state } of this.#all) if (state === "tunnel") count++;
    return count;
  }

  /** Bytes of the tunnels that are open. */
  get tunnelBytes(): { in: number; out: number } {
    const sum = { in: 0, out: 0 };
    for (const { current } of this.#all) {
      if (current?.tunnel?.open !== true) continue;
      sum.in += current.bytesIn;
      sum.out += current.bytesOut;
    }
    return sum;
  }

  /** Ends what has lasted too long. */
  sweep(now: number): void {
    for (const client of this.#all) client.sweep(now);
  }

  /**
   * Closes connections that wait for a request, or only for their client's end.
   * @param since closes only what has waited since then.
   */
  closeIdle(since: number): void {
    for (const client of this.#all) if (client.done && client.idleSince <= since) client.destroy("drain");
  }

  /** Tells whoever still waits for an answer that there will be none; answers that have begun are cut. */
  giveUp(): void {
    for (const client of this.#all) client.giveUp();
  }

  /** Closes all of them at once. */
  destroy(): void {
    for (const client of this.#all) client.destroy("drain");
  }
}
