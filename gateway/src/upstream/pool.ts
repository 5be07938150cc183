import type { UpstreamAddress } from "./address.ts";
import { Connecting, type ConnectingOwner } from "./connecting.ts";
import type { ConnectionOwner, UpstreamConnection, UpstreamUser } from "./connection.ts";
import { Endpoint } from "./endpoint.ts";

/** Limits of a pool; times in milliseconds. */
export interface PoolLimits {
  /** Connections at most; further requests wait. Those that are set apart do not count. */
  readonly maxConnections: number;
  /** Requests that may wait for a connection. */
  readonly maxWaiting: number;
  /** How long a connection is kept without a request: less than the upstream's own limit (Phoenix: 60 s). */
  readonly idle: number;
  /** After so long, or so many requests, a connection is not used again, so that new replicas get their share. */
  readonly maxAge: number;
  readonly maxRequests: number;
}

/** A user that may have to wait for a connection. */
export interface PoolUser extends UpstreamUser {
  /** The connection is there, connected and the user's own until its answer is complete. */
  onLent(connection: UpstreamConnection): void;
  /** A connection is being opened for it. */
  onConnecting(): void;
}

/** What a pool holds at the moment. */
export interface PoolState {
  readonly open: number;
  readonly idle: number;
  readonly waiting: number;
}

/** How a user wants its connection. */
export interface Wanted {
  /** Take no kept one: the last was dead, or it will be a tunnel. */
  readonly fresh?: boolean;
  /** It lasts, and shall not take the place of a request. */
  readonly apart?: boolean;
}

/** The connections to one upstream: kept by address, lent to the one with the least to do. */
export class Pool implements ConnectionOwner {
  readonly #address: UpstreamAddress;
  readonly #port: number;
  readonly #limits: PoolLimits;
  #known: readonly string[] = [];
  #endpoints: readonly Endpoint[] = [];
  /** Where the look for the least busy begins; one further for each request, so that equals take turns. */
  #turn = 0;
  /** Connections open or being opened that count. */
  #places = 0;
  readonly #searches = new Map<PoolUser, Search>();
  /** First come, first served. */
  readonly #waiting = new Map<PoolUser, { readonly fresh: boolean }>();
  /** Connections in use that do not count. */
  #apart = 0;
  /** Connections whose answer ended in this turn of the loop. */
  #settling: UpstreamConnection[] = [];
  #serving = false;
  #closed = false;

  constructor(address: UpstreamAddress, port: number, limits: PoolLimits) {
    this.#address = address;
    this.#port = port;
    this.#limits = limits;
  }

  get state(): PoolState {
    const idle = this.#endpoints.reduce((sum, endpoint) => sum + endpoint.idle.length, 0);
    return {
      open: this.#places + this.#apart,
      idle: idle + this.#settling.length,
      waiting: this.#waiting.size,
    };
  }

  /**
   * Gives the user a connection now or later, by `onLent`; or `onUpstreamFailed` tells why there is none.
   * @returns false when too many wait already; the user hears nothing then.
   */
  acquire(user: PoolUser, now: number, { fresh = false, apart = false }: Wanted = {}): boolean {
    this.#address.refresh(now);
    if (this.#known !== this.#address.known) this.#follow();
    this.#turn++;
    if (!fresh) {
      const kept = this.#takeIdle(now);
      if (kept !== undefined) {
        this.#lend(kept, user);
        return true;
      }
    }
    if (apart || this.#places < this.#limits.maxConnections) {
      this.#open(user, now, apart);
      return true;
    }
    if (this.#waiting.size >= this.#limits.maxWaiting) return false;
    this.#waiting.set(user, { fresh });
    if (fresh) this.#makeRoom();
    return true;
  }

  /** Takes a user that waits or is being connected for out again. */
  forget(user: PoolUser): void {
    if (this.#waiting.delete(user)) return;
    this.#searches.get(user)?.giveUp();
  }

  /** A connection in use turned out to last: it gives its place to another. */
  setApart(connection: UpstreamConnection): void {
    if (connection.apart) return;
    connection.apart = true;
    this.#places--;
    this.#apart++;
    this.#serve();
  }

  /** Closes connections that were idle for too long. */
  sweep(now: number): void {
    for (const { idle } of this.#endpoints)
      for (const connection of [...idle]) if (this.#isSpent(connection, now)) connection.destroy();
  }

  /** Keeps no connection any more; those in use close when they are free. */
  close(): void {
    this.#closed = true;
    for (const { idle } of this.#endpoints) for (const connection of [...idle]) connection.destroy();
  }

  onFree(connection: UpstreamConnection): void {
    connection.endpoint.busy--;
    connection.idleSince = performance.now();
    // Bytes that nobody asked for may be on their way in this turn (response queue poisoning).
    if (this.#settling.push(connection) === 1) setImmediate(settle, this);
  }

  onClosed(connection: UpstreamConnection, wasLent: boolean): void {
    const { endpoint, apart } = connection;
    if (wasLent) endpoint.busy--;
    const at = endpoint.idle.indexOf(connection);
    if (at >= 0) endpoint.idle.splice(at, 1);
    if (apart) this.#apart--;
    else this.#places--;
    this.#serve();
  }

  /** @internal */
  settle(): void {
    const settled = this.#settling;
    this.#settling = [];
    for (const connection of settled) {
      if (connection.socket.destroyed) continue;
      if (connection.apart || this.#isSpent(connection, connection.idleSince)) connection.destroy();
      else connection.endpoint.idle.push(connection);
    }
    this.#serve();
  }

  /** Gives those who wait what there is, in a loop: one may be done at once and make room for the next. */
  #serve(): void {
    if (this.#serving || this.#waiting.size === 0) return;
    this.#serving = true;
    const now = performance.now();
    for (const [user, { fresh }] of this.#waiting) {
      const kept = fresh ? undefined : this.#takeIdle(now);
      if (kept === undefined && this.#places >= this.#limits.maxConnections) break;
      this.#waiting.delete(user);
      if (kept !== undefined) this.#lend(kept, user);
      else this.#open(user, now, false);
    }
    this.#serving = false;
  }

  /** Closes a kept connection for a user that may not have it: its place is free once that is done. */
  #makeRoom(): void {
    for (const { idle } of this.#endpoints) {
      const [oldest] = idle;
      if (oldest !== undefined) return oldest.destroy();
    }
  }

  /** Takes over the addresses that the name has now; what was open to others is closed when it is free. */
  #follow(): void {
    this.#known = this.#address.known;
    const before = new Map(this.#endpoints.map((endpoint) => [endpoint.address, endpoint]));
    this.#endpoints = [...new Set(this.#known)].map(
      (address) => before.get(address) ?? new Endpoint(address),
    );
    for (const endpoint of before.values()) {
      if (this.#endpoints.includes(endpoint)) continue;
      endpoint.gone = true;
      for (const connection of [...endpoint.idle]) connection.destroy();
    }
  }

  /** A kept connection to the address with the least to do; none when that address has none and may get another. */
  #takeIdle(now: number): UpstreamConnection | undefined {
    const [only] = this.#endpoints;
    if (only === undefined) return undefined;
    if (this.#endpoints.length === 1) return this.#popIdle(only, now);
    const full = this.#places >= this.#limits.maxConnections;
    for (const endpoint of this.#byLoad(now)) {
      const kept = this.#popIdle(endpoint, now);
      if (kept !== undefined || !full) return kept;
    }
    return undefined;
  }

  #popIdle({ idle }: Endpoint, now: number): UpstreamConnection | undefined {
    for (let kept = idle.pop(); kept !== undefined; kept = idle.pop()) {
      if (kept.socket.destroyed || !kept.socket.writable) continue;
      if (!this.#isSpent(kept, now)) return kept;
      kept.destroy();
    }
    return undefined;
  }

  /** Whether a connection shall not be used again. */
  #isSpent({ endpoint, idleSince, idleLimit, retireAt, requests }: UpstreamConnection, now: number): boolean {
    return (
      this.#closed ||
      endpoint.gone ||
      now - idleSince >= Math.min(this.#limits.idle, idleLimit) ||
      now >= retireAt ||
      requests >= this.#limits.maxRequests
    );
  }

  /** The addresses, those that accept before the others, then by what they have to do; equals take turns. */
  #byLoad(now: number): Endpoint[] {
    const first = this.#turn % this.#endpoints.length;
    const turned = [...this.#endpoints.slice(first), ...this.#endpoints.slice(0, first)];
    return turned.sort((a, b) => Number(a.isAvoided(now)) - Number(b.isAvoided(now)) || a.busy - b.busy);
  }

  #open(user: PoolUser, now: number, apart: boolean): void {
    if (apart) this.#apart++;
    else this.#places++;
    const leave = () => {
      this.#searches.delete(user);
      if (apart) this.#apart--;
      else this.#places--;
    };
    const search = new Search({
      onUpstreamConnected: (connection) => {
        this.#searches.delete(user);
        connection.apart = apart;
        // A little less for each, so that connections that were opened together do not all end together.
        connection.retireAt = connection.openedAt + this.#limits.maxAge * (1 - Math.random() / 10);
        connection.owner = this;
        this.#lend(connection, user);
      },
      onNoConnection: (code) => {
        leave();
        user.onUpstreamFailed(code);
        this.#serve();
      },
      onGivenUp: () => {
        leave();
        this.#serve();
      },
    });
    this.#searches.set(user, search);
    user.onConnecting();
    this.#address.whenFresh(now, (code) => {
      if (search.over) return;
      if (this.#known !== this.#address.known) this.#follow();
      if (code !== undefined) search.fail(code);
      else
        search.start(
          this.#endpoints.length > 1 ? this.#byLoad(performance.now()) : this.#endpoints,
          this.#port,
        );
    });
  }

  #lend(connection: UpstreamConnection, user: PoolUser): void {
    connection.endpoint.busy++;
    connection.use(user);
    user.onLent(connection);
  }
}

function settle(pool: Pool): void {
  pool.settle();
}

/** A user for whom a connection is being opened, from the question for the address on. */
class Search implements ConnectingOwner {
  over = false;
  readonly #events: ConnectingOwner & { onGivenUp(): void };
  #connecting: Connecting | undefined;

  constructor(events: ConnectingOwner & { onGivenUp(): void }) {
    this.#events = events;
  }

  start(endpoints: readonly Endpoint[], port: number): void {
    this.#connecting = new Connecting(endpoints, port, this);
  }

  fail(code: string): void {
    this.over = true;
    this.#events.onNoConnection(code);
  }

  giveUp(): void {
    if (this.over) return;
    this.over = true;
    this.#connecting?.giveUp();
    this.#events.onGivenUp();
  }

  onUpstreamConnected(connection: UpstreamConnection): void {
    this.over = true;
    this.#events.onUpstreamConnected(connection);
  }

  onNoConnection(code: string): void {
    this.fail(code);
  }
}
