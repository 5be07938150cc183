import { watchAdmin } from "./watch-admin.ts";

/** Where a consumer group stands in a partition that the member looked for is given. */
export interface PartitionState {
  /** `topic/number`. */
  readonly partition: string;
  /** The next record that the group would read; -1: it has never committed. */
  readonly committed: bigint;
  /** The first record that is still there. */
  readonly start: bigint;
  /** One past the last record. */
  readonly end: bigint;
}

/** The group's members at an address: undefined when there is none, else the partitions they are given. */
export type AskGroup = () => Promise<readonly PartitionState[] | undefined>;

/** A partition with records that nobody reads. */
export interface Stall {
  readonly partition: string;
  readonly committed: bigint;
}

/** For how many times its first patience a group must read on until a restart of before counts no more. */
const wellTimes = 3;

/**
 * Notices partitions in which records wait and the group gets no further. A consumer whose loop has ended may keep its
 * place in the group by heartbeats alone, so membership says little.
 */
export class GroupProgress {
  readonly #patienceMs: number;
  /** Since when records wait behind an offset, by partition. */
  readonly #waiting = new Map<string, { readonly committed: bigint; readonly since: number }>();
  /** Offsets at which a restart has been tried, and how often. */
  readonly #tried = new Map<string, { readonly committed: bigint; readonly times: number }>();
  /** Restarts since it was last well: a consumer that is slow, not stuck, gets more time after each. */
  #restarts = 0;
  /** Since when the group reads on wherever records wait, without needing more time than it has at first. */
  #wellSince: number | undefined;
  /** The end that a partition without a commit was first seen with: what came before may not be meant to be read. */
  readonly #firstEnd = new Map<string, bigint>();

  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs;
  }

  /** Takes a look at the group down. */
  note(states: readonly PartitionState[], now: number): void {
    const present = new Set(states.map(({ partition }) => partition));
    // A partition that another member has now is that one's business.
    let well = states.length > 0;
    for (const partition of this.#waiting.keys())
      if (!present.has(partition)) {
        this.#waiting.delete(partition);
        well = false;
      }
    for (const { partition, committed, start, end } of states) {
      if (!this.#firstEnd.has(partition)) this.#firstEnd.set(partition, end);
      const next = committed === -1n ? (this.#firstEnd.get(partition) ?? end) : committed;
      const waits = end > (next > start ? next : start);
      const known = this.#waiting.get(partition);
      if (!waits) this.#waiting.delete(partition);
      else if (known === undefined || known.committed !== committed)
        this.#waiting.set(partition, { committed, since: now });
    }
    if ([...this.#waiting.values()].some(({ since }) => now - since > this.#patienceMs)) well = false;
    this.#wellSince = well ? (this.#wellSince ?? now) : undefined;
    // On a busy topic records wait at every look: there it counts that the group keeps reading on.
    const reads = this.#wellSince !== undefined && now - this.#wellSince >= wellTimes * this.#patienceMs;
    if (reads || (states.length > 0 && this.#waiting.size === 0)) this.#restarts = 0;
  }

  /**
   * Where the group has been stuck for longer than is patient. Where a restart did not help, it takes eight times as long until the
   * next: the record may be one that the service cannot handle, or Kafka was away again before it was read.
   */
  stalls(now: number): Stall[] {
    return [...this.#waiting]
      .filter(
        ([partition, { committed, since }]) =>
          now - since > this.#patienceMs * 2 ** this.#restarts * 8 ** this.#timesAt(partition, committed),
      )
      .map(([partition, { committed }]) => ({ partition, committed }));
  }

  /** The longest time that records wait where the group gets no further; 0 where it has read all. */
  waitedMs(now: number): number {
    return Math.max(0, ...[...this.#waiting.values()].map(({ since }) => now - since));
  }

  /**
   * The consumer is restarted: it has all its time before it. What was stuck is remembered: a record that the service
   * cannot handle would otherwise take it down every minute.
   */
  restarted(now: number): void {
    const stalls = this.stalls(now);
    if (stalls.length > 0) this.#restarts++;
    for (const { partition, committed } of stalls)
      this.#tried.set(partition, { committed, times: this.#timesAt(partition, committed) + 1 });
    this.#waiting.clear();
    this.#wellSince = undefined;
  }

  #timesAt(partition: string, committed: bigint): number {
    const tried = this.#tried.get(partition);
    return tried?.committed === committed ? tried.times : 0;
  }
}

/**
 * Asks Kafka for the members of a group that connect from an address, and for where they stand.
 * @param addressNow where the member connects from; a container may come back with another address.
 */
export function askGroup(bootstrap: string, group: string, addressNow: () => Promise<string>): AskGroup {
  const admin = watchAdmin(bootstrap);
  const offsetsAt = async (
    wanted: ReadonlyMap<string, readonly number[]>,
    timestamp: bigint,
  ): Promise<ReadonlyMap<string, bigint>> => {
    const topics = [...wanted].map(([name, partitions]) => ({
      name,
      partitions: partitions.map((partitionIndex) => ({ partitionIndex, timestamp })),
    }));
    const found = topics.length === 0 ? [] : await admin.listOffsets({ topics });
    return new Map(
      found.flatMap(({ name, partitions }) =>
        partitions.map(({ partitionIndex, offset }): [string, bigint] => [
          `${name}/${partitionIndex}`,
          offset,
        ]),
      ),
    );
  };
  return async () => {
    const address = await addressNow();
    const groups = await admin.describeGroups({ groups: [group] });
    const members = [...(groups.get(group)?.members.values() ?? [])].filter(
      // Brokers write an address with a slash in front.
      ({ clientHost }) => clientHost.replace(/^\//, "") === address,
    );
    if (members.length === 0) return undefined;
    const given = new Map<string, number[]>();
    for (const { assignments } of members)
      for (const { topic, partitions } of assignments?.values() ?? [])
        given.set(topic, [...(given.get(topic) ?? []), ...partitions]);
    const [committed] = await admin.listConsumerGroupOffsets({ groups: [group] });
    const commits = new Map(
      (committed?.topics ?? []).flatMap(({ name, partitions }) =>
        partitions.map(({ partitionIndex, committedOffset }): [string, bigint] => [
          `${name}/${partitionIndex}`,
          committedOffset,
        ]),
      ),
    );
    // Source: Kafka protocol, ListOffsets: -1 is the end, -2 the first record that is there.
    const [ends, starts] = await Promise.all([offsetsAt(given, -1n), offsetsAt(given, -2n)]);
    return [...ends].map(([partition, end]) => ({
      partition,
      committed: commits.get(partition) ?? -1n,
      start: starts.get(partition) ?? 0n,
      end,
    }));
  };
}
