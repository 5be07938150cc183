import { connect, type Socket } from "node:net";

/** Until a connection that ended, or was not made, is tried again, milliseconds. */
const againMs = 500;
/** Between the first connection and the second. */
const apartMs = 250;
/** How old the second one gets: a broker ends idle ones (after ten minutes unless told), and must not end both at a time. */
const renewedMs = 5 * 60_000;
/** How long no connection is made, for a reason that may be the network's or a name's, until Kafka counts as away. */
const awayMs = 3000;

/**
 * Two connections to Kafka that are kept for nothing but to notice when they end: whoever's consumer had one then lost it as well. A
 * look every few seconds does not see a broker that is back after three. One that ends while the other goes on is no sign, and
 * neither are new ones that are not taken for a moment. Several brokers behind one address are as one: while any of them takes a
 * connection, none is away.
 */
export class BrokerLink {
  readonly #at: { readonly host: string; readonly port: number };
  readonly #sockets = new Set<Socket>();
  readonly #timers = new Set<NodeJS.Timeout>();
  /** Connections that are there. */
  #open = 0;
  /** Since when there is none, and none is made. */
  #failingSince: number | undefined;
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

  /** Connects, and again whenever one ends. */
  start(): void {
    this.#keep(0);
    this.#later(() => this.#keep(renewedMs), apartMs);
  }

  /** @param age at which it is made anew; 0: never. */
  #keep(age: number): void {
    const socket = connect({ ...this.#at, timeout: 2000, keepAlive: true, keepAliveInitialDelay: 10_000 });
    this.#sockets.add(socket);
    let accepted = false;
    let refused = false;
    socket.once("connect", () => {
      accepted = true;
      socket.setTimeout(age);
      this.#open++;
      this.#failingSince = undefined;
      if (this.#away) this.#returned = true;
      this.#away = false;
    });
    socket.once("timeout", () => socket.destroy());
    socket.on("error", (error: NodeJS.ErrnoException) => {
      refused = error.code === "ECONNREFUSED";
    });
    // Nothing is asked, so nothing comes; what is not read would hide the end.
    socket.resume();
    socket.once("close", () => {
      this.#sockets.delete(socket);
      if (accepted) this.#open--;
      else if (this.#open === 0) {
        this.#failingSince ??= Date.now();
        // All were lost and nobody listens: the broker has gone. Other reasons pass by themselves.
        if (refused || Date.now() - this.#failingSince >= awayMs) this.#away = true;
      }
      this.#later(() => this.#keep(age), againMs);
    });
  }

  #later(what: () => void, ms: number): void {
    if (this.#closed) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      what();
    }, ms);
    this.#timers.add(timer);
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const socket of this.#sockets) socket.destroy();
  }
}
