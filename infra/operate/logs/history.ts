import { type LogRecord, LogRecords } from "../../../core/log-records.ts";
import type { Cursor } from "./cursor.ts";
import { isPicky, Picker, type Wanted } from "./pick.ts";
import type { LogSource } from "./place.ts";

/** A record, and whose log has it. */
export interface Told extends LogRecord {
  readonly source: Pick<LogSource, "id" | "part" | "label">;
}

/** A log, and how far it has been read. */
export interface Reading {
  readonly source: LogSource;
  readonly cursor: Cursor;
}

/** What is wanted of logs. */
export interface HistoryOptions extends Wanted {
  /** So many of the last records of each log, or lines where all are wanted; default: all. */
  readonly tail?: number | undefined;
  /** Is told of a log that cannot be read, and the others go on; default: then there are none. */
  readonly onFault?: (source: Told["source"], error: Error) => void;
  readonly signal: AbortSignal;
}

/** What was logged until now, in the order of time. Of each log as much is in memory as it takes to compare it with the others. */
export async function* history(readings: readonly Reading[], options: HistoryOptions): AsyncGenerator<Told> {
  const logs = readings.map((reading) => pastOf(reading, options));
  try {
    const heads = await Promise.all(logs.map(async (log) => ({ log, next: await log.next() })));
    for (;;) {
      let first: (typeof heads)[number] | undefined;
      for (const head of heads)
        if (!head.next.done && (first === undefined || head.next.value.time < timeOf(first.next)))
          first = head;
      if (first === undefined || first.next.done) return;
      yield first.next.value;
      first.next = await first.log.next();
    }
  } finally {
    await Promise.all(logs.map((log) => log.return(undefined)));
  }
}

const timeOf = (next: IteratorResult<Told>): number =>
  next.done ? Number.POSITIVE_INFINITY : next.value.time;

/** The records of one log that are wanted. */
async function* pastOf(
  { source, cursor }: Reading,
  options: HistoryOptions,
): AsyncGenerator<Told, undefined> {
  const records = recordsOf(source, cursor, options);
  const { tail } = options;
  if (tail === undefined || !isPicky(options)) return yield* records;
  const last: Told[] = [];
  for await (const record of records) {
    last.push(record);
    if (last.length > tail) last.shift();
  }
  return yield* last;
}

async function* recordsOf(
  source: LogSource,
  cursor: Cursor,
  { signal, onFault, ...wanted }: HistoryOptions,
): AsyncGenerator<Told, undefined> {
  const records = new LogRecords();
  const picker = new Picker(wanted);
  const told = (record: LogRecord | undefined): Told[] =>
    record !== undefined && picker.takes(record) ? [{ ...record, source }] : [];
  try {
    for await (const line of cursor.read(source, false, signal)) yield* told(records.push(line));
  } catch (error) {
    if (onFault === undefined || signal.aborted) throw error;
    onFault(source, error as Error);
  }
  yield* told(records.end());
  return undefined;
}
