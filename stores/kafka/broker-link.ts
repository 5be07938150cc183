import { connect, type Socket } from "node:net";

/**
 * A connection to Kafka that is kept for nothing but to notice when it ends: whoever's consumer had one then lost it as well. A look
 * every few seconds does not see a broker that is back after three.
 */
export class BrokerLink {
  readonly #at: { readonly host: string; readonly port: number };
  #socket: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #away = false;
  #returned = false;
  #closed = false;

  /** @param bootstrap host:port. */
  constructor(bootstrap: string) {
    const [, host = "", port = ""] = /^(.*):(\d+)$/.exec(bootstrap) ?? [];
    this.#at = { host: host.replace(/^\[|\]$/g, ""), port: Number(port) };
  }

  /** Whether Kafka was away and accepts again. */
  get returned(): boolean {
    return this.#returned;
  }

  /** What it was away for is over: whoever lost their connection has begun anew. */
  forget(): void {
    this.#returned = false;
  }

  /** Connects, and again whenever that ends; a connection that is there again at once (a broker ends idle ones) was no absence. */
  start(): void {
    const socket = connect({ ...this.#at, timeout: 2000, keepAlive: true, keepAliveInitialDelay: 10_000 });
    this.#socket = socket;
    let accepted = false;
    socket.once("connect", () => {
      accepted = true;
      socket.setTimeout(0);
      if (this.#away) this.#returned = true;
      this.#away = false;
    });
    socket.once("timeout", () => socket.destroy());
    socket.on("error", () => {});
    // Nothing is asked, so nothing comes; what is not read would hide the end.
    socket.resume();
    socket.once("close", () => {
      if (this.#closed) return;
      if (!accepted) this.#away = true;
      this.#timer = setTimeout(() => this.start(), 500);
    });
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#socket?.destroy();
  }
}
