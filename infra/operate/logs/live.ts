import { setTimeout as sleep } from "node:timers/promises";
import { type LogRecord, LogRecords } from "../../../core/log-records.ts";
import { Cursor, type First } from "./cursor.ts";
import type { Reading, Told } from "./history.ts";
import { Picker, type Wanted } from "./pick.ts";
import type { LogPlace, LogSource } from "./place.ts";

/** How long lines are waited for that may belong to the last one, milliseconds. */
const settle = 100;
/** How long a record is held back for one that is older and comes later, milliseconds: the gateway gathers lines for 200. */
const reorder = 300;
/** Between two tries to reach a place that does not answer, milliseconds. */
const patience = 1000;

/** What is followed. */
export interface LiveOptions extends Wanted {
  readonly place: LogPlace;
  /** Which logs of the place. */
  readonly chooses: (source: LogSource) => boolean;
  /** What was read before. */
  readonly readings: readonly Reading[];
  /** What is read of a log that comes later. */
  readonly first: First;
  /** Is told, in order. */
  readonly tell: (record: Told) => void;
  /** Is told what is in the way, once for each time. */
  readonly note: (words: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Follows logs over the ends, restarts and successors of their containers until nobody wants to know any more: no line is lost,
 * and none comes twice.
 */
export async function follow(options: LiveOptions): Promise<void> {
  const { place, chooses, signal } = options;
  const queue = new Reordering(options.tell);
  const followed = new Map<string, Followed>();
  const known = new Map(options.readings.map(({ source, cursor }) => [source.id, cursor]));
  let away = false;
  while (!signal.aborted) {
    try {
      const sources = (await place.sources()).filter(chooses);
      if (away) options.note("they can be read again");
      away = false;
      for (const source of sources) {
        const follower = followed.get(source.id);
        if (follower !== undefined) follower.source = source;
        else
          followed.set(
            source.id,
            new Followed(source, known.get(source.id) ?? new Cursor(options.first), queue, options),
          );
      }
      for (const [id, follower] of followed) {
        follower.isGone = !sources.some((source) => source.id === id);
        if (follower.isGone && !follower.isReading) followed.delete(id);
        else follower.look();
      }
      await place.change(signal);
    } catch (error) {
      if (signal.aborted) break;
      if (!away) options.note(`the logs cannot be read: ${(error as Error).message}; waiting until they can`);
      away = true;
      await sleep(patience, undefined, { signal }).catch(() => {});
    }
  }
  for (const follower of followed.values()) follower.settle();
  queue.flush();
}

/** One log that is followed. */
class Followed {
  source: LogSource;
  readonly #cursor: Cursor;
  readonly #queue: Reordering;
  readonly #options: LiveOptions;
  readonly #records = new LogRecords();
  readonly #picker: Picker;
  #life: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #fault: string | undefined;
  isReading = false;
  isGone = false;

  constructor(source: LogSource, cursor: Cursor, queue: Reordering, options: LiveOptions) {
    this.source = source;
    this.#cursor = cursor;
    this.#queue = queue;
    this.#options = options;
    this.#picker = new Picker(options);
  }

  /**
   * Reads on where something has happened since it ended, or, by a list that is new, where its container goes on: then it was the
   * connection that ended.
   */
  look(): void {
    const { life, runs } = this.source;
    if (this.isReading || this.isGone || (this.#life === life && !runs)) return;
    this.isReading = true;
    this.#life = life;
    void this.#read().finally(() => {
      this.isReading = false;
      this.settle();
      // What has happened meanwhile.
      if (this.#life !== this.source.life && !this.#options.signal.aborted) this.look();
    });
  }

  async #read(): Promise<void> {
    const { signal } = this.#options;
    try {
      for await (const line of this.#cursor.read(this.source, true, signal)) {
        this.#fault = undefined;
        this.#tell(this.#records.push(line));
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.settle(), settle);
      }
    } catch (error) {
      if (signal.aborted) return;
      // The connection was cut, or it is not allowed.
      const { message } = error as Error;
      if (message !== this.#fault)
        this.#options.note(`${this.source.label}: ${message}; its log is tried again`);
      this.#fault = message;
      await sleep(patience, undefined, { signal }).catch(() => {});
      this.#life = undefined;
    }
  }

  /** Tells what may not be whole. */
  settle(): void {
    clearTimeout(this.#timer);
    this.#tell(this.#records.end());
  }

  #tell(record: LogRecord | undefined): void {
    if (record !== undefined && this.#picker.takes(record))
      this.#queue.push({ ...record, source: this.source });
  }
}

/** Holds records back for a moment, and tells them in the order of their time. */
class Reordering {
  readonly #tell: (record: Told) => void;
  readonly #held: { readonly record: Told; readonly due: number }[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(tell: (record: Told) => void) {
    this.#tell = tell;
  }

  push(record: Told): void {
    let at = this.#held.length;
    while (at > 0 && (this.#held[at - 1]?.record.time ?? 0) > record.time) at--;
    this.#held.splice(at, 0, { record, due: performance.now() + reorder });
    this.#timer ??= setTimeout(() => this.#ripe(), reorder);
  }

  /** Tells all up to the last one that has been held long enough: what is older than that goes with it. */
  #ripe(): void {
    this.#timer = undefined;
    const now = performance.now();
    let count = 0;
    for (const [at, { due }] of this.#held.entries()) if (due <= now) count = at + 1;
    for (const { record } of this.#held.splice(0, count)) this.#tell(record);
    if (this.#held.length === 0) return;
    const next = Math.min(...this.#held.map(({ due }) => due));
    this.#timer = setTimeout(() => this.#ripe(), Math.max(next - now, 1));
  }

  flush(): void {
    clearTimeout(this.#timer);
    for (const { record } of this.#held.splice(0)) this.#tell(record);
  }
}
