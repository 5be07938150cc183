import type { LogLine } from "../../../core/log-records.ts";
import type { LogPlace } from "./place.ts";

/** A place whose lines are changed before anybody sees them. @param mask takes out of a line what must not be seen. */
export function withMasked(place: LogPlace, mask: (text: string) => string): LogPlace {
  async function* masked(lines: AsyncIterable<LogLine>): AsyncGenerator<LogLine> {
    for await (const { time, text } of lines) yield { time, text: mask(text) };
  }
  return {
    sources: async () =>
      (await place.sources()).map((source) => ({
        ...source,
        lines: (options) => masked(source.lines(options)),
      })),
    change: (signal) => place.change(signal),
  };
}
