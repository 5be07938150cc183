import { maskOf } from "../../core/log-lines.ts";
import { Cursor, type First } from "../../infra/operate/logs/cursor.ts";
import { history, type Told } from "../../infra/operate/logs/history.ts";
import { follow } from "../../infra/operate/logs/live.ts";
import { withMasked } from "../../infra/operate/logs/masked.ts";
import { isPicky } from "../../infra/operate/logs/pick.ts";
import type { LogPlace, LogSource } from "../../infra/operate/logs/place.ts";
import { say } from "../output.ts";
import { chooser, type Planned } from "./choose.ts";
import type { LogOptions } from "./options.ts";
import { jsonLine, LogView, takesColours } from "./show.ts";

/** Where logs are shown. */
export type Output = Pick<NodeJS.WritableStream, "write" | "once"> & { readonly isTTY?: boolean };

/** What logs are shown with. */
export interface ShowOptions {
  readonly place: LogPlace;
  readonly planned: readonly Planned[];
  readonly names: readonly string[];
  readonly options: LogOptions;
  readonly json: boolean;
  /** What is never shown. */
  readonly secrets: Iterable<string>;
  readonly output: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Nobody wants to see any more. */
  readonly signal: AbortSignal;
}

/**
 * Shows logs: what was logged until now in the order of time, then, where it is followed, what comes.
 * @returns how many records were shown.
 * @throws {InputError} for names that nothing has.
 */
export async function showLogs(show: ShowOptions): Promise<number> {
  const { names, options, planned, output, signal, json } = show;
  const place = withMasked(show.place, maskOf(show.secrets));
  const sources = await place.sources();
  const chooses = chooser(
    { names, planned, follow: options.follow, request: options.request !== undefined },
    sources,
  );
  const chosen = sources.filter(chooses);
  const width = Math.max(...chosen.map(({ label }) => label.length), 0);
  const view = new LogView({
    colours: takesColours(output, show.env),
    width: chosen.length === 1 && names.length === 1 ? 0 : width,
    today: Date.now(),
  });
  let count = 0;
  const write = (record: Told): boolean => {
    count++;
    return output.write(`${json ? jsonLine(record) : view.lines(record)}\n`);
  };

  const readings = chosen.map((source) => ({ source, cursor: new Cursor(firstOf(options)) }));
  const traces = new Set<string>();
  const wanted = { ...options, traces };
  const onFault = ({ label }: Told["source"], { message }: Error) => {
    say(`beat: the log of ${label} cannot be read: ${message}`);
    process.exitCode = 1;
  };
  // What belongs to its trace may have been logged before what tells the trace.
  if (options.request !== undefined) await findTraces(chosen, wanted, signal);
  for await (const record of history(readings, { ...wanted, onFault, signal })) {
    if (signal.aborted) break;
    // A slow reader is waited for: nothing is gathered here.
    if (options.tail !== 0 && !write(record)) await drained(output, signal);
  }
  if (options.follow)
    await follow({
      ...wanted,
      place,
      chooses,
      readings,
      first: { since: options.since },
      tell: write,
      note: (words) => say(`beat: ${words}`),
      signal,
    });
  return count;
}

/** Finds the traces that a request is a part of. */
async function findTraces(
  sources: readonly LogSource[],
  { request, since, traces }: LogOptions,
  signal: AbortSignal,
): Promise<void> {
  const readings = sources.map((source) => ({ source, cursor: new Cursor({ since }) }));
  for await (const _ of history(readings, { request, traces, onFault: () => {}, signal }));
}

/** What is read of a log first. Where nothing of the past is wanted, its last line tells where it goes on. */
function firstOf(options: LogOptions): First {
  const { since, tail } = options;
  if (tail === 0) return { tail: 1 };
  return { since, tail: isPicky(options) ? undefined : tail };
}

/** Until a reader has taken what was written, or nobody wants to see any more. */
const drained = (output: Output, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      signal.removeEventListener("abort", done);
      resolve();
    };
    signal.addEventListener("abort", done);
    output.once("drain", done);
  });
