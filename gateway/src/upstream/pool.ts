import type { UpstreamAddress } from "./address.ts";
import { type ConnectionOwner, UpstreamConnection, type UpstreamUser } from "./connection.ts";

/** Limits of a pool; times in milliseconds. */
export interface PoolLimits {
  /** Connections at most; further requests wait. */
  readonly maxConnections: number;
  /** Requests that may wait for a connection. */
  readonly maxWaiting: number;
  /** How long a connection is kept without a request: less than the upstream's own limit (Phoenix: 60 s). */
  readonly idle: number;
}

/** A user that may have to wait for a connection. */
export interface PoolUser extends UpstreamUser {
  onConnection(connection: UpstreamConnection): void;
}

/** What a pool holds at the moment. */
export interface PoolState {
  readonly open: number;
  readonly idle: number;
  readonly waiting: number;
}

/** The kept connections to one upstream. The one used last is used first, so that a quiet pool shrinks. */
export class Pool implements ConnectionOwner {
  readonly address: UpstreamAddress;
  readonly #limits: PoolLimits;
  readonly #idle: UpstreamConnection[] = [];
  readonly #open = new Set<UpstreamConnection>();
  /** First come, first served; a user that gave up leaves `undefined` behind. */
  readonly #waiting: (PoolUser | undefined)[] = [];
  #closed = false;

  constructor(address: UpstreamAddress, limits: PoolLimits) {
    this.address = address;
    this.#limits = limits;
  }

  get state(): PoolState {
    const waiting = this.#waiting.reduce((count, user) => count + (user === undefined ? 0 : 1), 0);
    return { open: this.#open.size, idle: this.#idle.length, waiting };
  }

  /**
   * Gives the user a connection now, or lets it wait.
   * @param fresh take no kept connection: the last one was dead.
   * @returns "full" when too many wait already.
   */
  acquire(user: PoolUser, now: number, fresh = false): "given" | "waiting" | "full" {
    this.address.refresh(now);
    if (!fresh)
      for (let kept = this.#idle.pop(); kept !== undefined; kept = this.#idle.pop()) {
        // The upstream may have moved, or the connection be about to close at the other end.
        if (kept.socket.destroyed || !kept.socket.writable) continue;
        if (now - kept.idleSince >= this.#limits.idle || !this.address.has(kept.socket.remoteAddress)) {
          kept.destroy();
          continue;
        }
        kept.reused = true;
        this.#give(kept, user);
        return "given";
      }
    if (this.#open.size < this.#limits.maxConnections) {
      this.#give(this.#connect(), user);
      return "given";
    }
    if (this.#waiting.length >= this.#limits.maxWaiting) this.#compact();
    if (this.#waiting.length >= this.#limits.maxWaiting) return "full";
    this.#waiting.push(user);
    return "waiting";
  }

  /** Takes a waiting user out of the queue. */
  forget(user: PoolUser): void {
    const at = this.#waiting.indexOf(user);
    if (at >= 0) this.#waiting[at] = undefined;
  }

  /** A connection outside the pool, for a WebSocket: many long ones must not use up the places of requests. */
  dedicated(user: PoolUser, now: number): void {
    this.address.refresh(now);
    this.#give(new UpstreamConnection(this), user);
  }

  onFree(connection: UpstreamConnection): void {
    const next = this.#nextWaiting();
    if (this.#closed || !this.address.has(connection.socket.remoteAddress)) {
      connection.destroy();
      if (next !== undefined) this.#give(this.#connect(), next);
      return;
    }
    if (next !== undefined) {
      connection.reused = true;
      this.#give(connection, next);
      return;
    }
    connection.idleSince = performance.now();
    this.#idle.push(connection);
  }

  onClosed(connection: UpstreamConnection): void {
    this.#open.delete(connection);
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
    const next = this.#open.size < this.#limits.maxConnections ? this.#nextWaiting() : undefined;
    if (next !== undefined) this.#give(this.#connect(), next);
  }

  /** Closes connections that were idle for too long; the oldest lie at the bottom. */
  sweep(now: number): void {
    let old = 0;
    while (old < this.#idle.length && now - (this.#idle[old]?.idleSince ?? now) >= this.#limits.idle) old++;
    for (const connection of this.#idle.splice(0, old)) connection.destroy();
  }

  /** Keeps no connection any more; those in use close when they are free. */
  close(): void {
    this.#closed = true;
    for (const connection of this.#idle.splice(0)) connection.destroy();
  }

  #connect(): UpstreamConnection {
    const connection = new UpstreamConnection(this);
    this.#open.add(connection);
    return connection;
  }

  #give(connection: UpstreamConnection, user: PoolUser): void {
    connection.use(user);
    user.onConnection(connection);
  }

  #nextWaiting(): PoolUser | undefined {
    for (
      let next = this.#waiting.shift();
      this.#waiting.length > 0 || next !== undefined;
      next = this.#waiting.shift()
    )
      if (next !== undefined) return next;
    return undefined;
  }

  #compact(): void {
    const present = this.#waiting.filter((user) => user !== undefined);
    this.#waiting.splice(0, this.#waiting.length, ...present);
  }
}
