import type { Bucket } from "../../../config/route-table.ts";

/** How many entries an eviction looks at before it settles for the one with least to lose. */
const probes = 16;

/**
 * Token buckets of one route: one for all its clients together and one for each of them.
 *
 * A bucket is a single number, the time at which it would be full again (GCRA, the generic cell rate algorithm of
 * ITU-T I.371: a "theoretical arrival time"). A time that has passed means a full bucket, which is the same as no entry.
 *
 * Memory is bounded by `maxClients`. When all places are taken, a sweeping hand (as of a clock) looks at up to 16 of
 * them: the first full bucket is forgotten at no loss; otherwise, of those it saw, the one nearest to full. An abuser
 * stands at the far end, so a crowd of fresh addresses pushes out its own kind and not him: to be forgotten he would
 * have to stop until his bucket is nearly full, and then there is nothing left to gain.
 */
export class RateLimiter {
  readonly #client: Cell | undefined;
  readonly #total: Cell | undefined;
  #totalFullAt = Number.NEGATIVE_INFINITY;
  readonly #places = new Map<string, number>();
  readonly #keys: string[] = [];
  readonly #fullAt: Float64Array;
  #hand = 0;

  constructor(limit: { readonly perClient?: Bucket; readonly total?: Bucket }, maxClients = 10_000) {
    this.#client = limit.perClient && cell(limit.perClient);
    this.#total = limit.total && cell(limit.total);
    this.#fullAt = new Float64Array(this.#client === undefined ? 0 : maxClients);
  }

  /** Clients remembered now; never above `maxClients`. */
  get size(): number {
    return this.#keys.length;
  }

  /**
   * Takes a token for a request.
   * @param client the client's address as text; IPv6 addresses count by their /64.
   * @param now milliseconds of a clock that never goes back.
   * @returns 0 when the request may pass, else after how many whole seconds (at least 1) to come again: the value of
   * `Retry-After` (RFC 9110 10.2.3). A refused request takes nothing from either bucket.
   */
  take(client: string, now: number): number {
    const total = this.#total;
    let totalNext = 0;
    if (total !== undefined) {
      totalNext = Math.max(this.#totalFullAt, now) + total.interval;
      const wait = totalNext - now - total.capacity;
      if (wait > total.slack) return seconds(wait);
    }
    const own = this.#client;
    if (own !== undefined) {
      const key = clientKey(client);
      const place = this.#places.get(key);
      const fullAt = place === undefined ? now : Math.max(this.#fullAt[place] as number, now);
      const next = fullAt + own.interval;
      const wait = next - now - own.capacity;
      if (wait > own.slack) return seconds(wait);
      this.#fullAt[place ?? this.#placeFor(key, now)] = next;
    }
    if (total !== undefined) this.#totalFullAt = totalNext;
    return 0;
  }

  #placeFor(key: string, now: number): number {
    if (this.#keys.length < this.#fullAt.length) {
      this.#places.set(key, this.#keys.length);
      return this.#keys.push(key) - 1;
    }
    let chosen = this.#hand;
    for (let i = 0; i < probes; i++) {
      const at = this.#hand;
      this.#hand = (at + 1) % this.#fullAt.length;
      if ((this.#fullAt[at] as number) < (this.#fullAt[chosen] as number)) chosen = at;
      if ((this.#fullAt[chosen] as number) <= now) break;
    }
    this.#places.delete(this.#keys[chosen] as string);
    this.#keys[chosen] = key;
    this.#places.set(key, chosen);
    return chosen;
  }
}

/** A bucket in milliseconds: what one token takes to come back, and what all of them take. */
interface Cell {
  readonly interval: number;
  readonly capacity: number;
  /** Sums of fractions of a millisecond carry rounding errors; a token that is due must not be missed by one. */
  readonly slack: number;
}

function cell({ rate, burst }: Bucket): Cell {
  const interval = 1000 / rate;
  return { interval, capacity: interval * burst, slack: interval * 1e-6 };
}

const seconds = (wait: number): number => Math.max(1, Math.ceil(wait / 1000));

/**
 * What counts as one client: an IPv4 address, or the /64 of an IPv6 one, since a single subscriber usually owns
 * 2^64 addresses (RFC 6177). An IPv4 address written as IPv6 (`::ffff:192.0.2.1`) is the IPv4 one.
 */
export function clientKey(address: string): string {
  if (address.indexOf(":") < 0) return address;
  const mapped = address.lastIndexOf(":");
  if (address.indexOf(".", mapped) > 0) return address.slice(mapped + 1);
  const plain = address.split("%", 1)[0] as string;
  const gap = plain.indexOf("::");
  // Without a gap, or with one that begins after them, the first four groups stand there as they are.
  const head = (gap < 0 ? plain : plain.slice(0, gap)).split(":").filter((group) => group !== "");
  if (gap < 0 || head.length >= 4) return head.slice(0, 4).map(short).join(":");
  const tail = plain
    .slice(gap + 2)
    .split(":")
    .filter((group) => group !== "");
  const zeros = Math.max(0, 8 - head.length - tail.length);
  const groups = [...head, ...new Array<string>(zeros).fill("0"), ...tail];
  return groups.slice(0, 4).map(short).join(":");
}

/** One group of an IPv6 address as RFC 5952 writes it. */
const short = (group: string): string => group.replace(/^0+(?=.)/, "").toLowerCase();
