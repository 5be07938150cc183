import { z } from "zod";

/** A whole time. Source: RFC 3339, 5.6; both letters may be small. */
const wholeTime = z.iso.datetime({ offset: true });

const units: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  ns: 1e-6,
};
const piece = /(\d+(?:\.\d*)?|\.\d+)(h|ms|µs|us|ns|m|s)/g;
const duration = new RegExp(`^(?:${piece.source})+$`);

/** How a moment of the past was told. */
export type Since =
  | { readonly at: number }
  /** What is wrong, and what can be written instead. */
  | { readonly fault: string; readonly write: string };

/**
 * A moment as Docker's and Kubernetes' command lines take it: a length of time before now (`10m`, `1h30m`), or a whole time
 * (`2026-11-28T16:00:00Z`). Source: Go, `time.ParseDuration`; RFC 3339.
 * @param now milliseconds since 1970.
 */
export function sinceOf(text: string, now: number): Since {
  if (duration.test(text)) {
    const ago = [...text.matchAll(piece)].reduce(
      (sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ""] ?? 0),
      0,
    );
    return { at: now - ago };
  }
  const time = text.toUpperCase();
  // Seconds are RFC 3339's, and zod can do without.
  if (/T\d\d:\d\d:\d\d/.test(time) && wholeTime.safeParse(time).success) {
    const at = Date.parse(time);
    // A clock may be a little behind the other.
    if (at <= now + 60_000) return { at };
    return { fault: "lies ahead", write: "10m" };
  }
  return { fault: "is neither a length of time nor a time with its zone", write: near(text, time) };
}

/** What somebody who wrote this meant, as far as it can be told. */
function near(text: string, time: string): string {
  const days = /^(\d{1,4})(d|w)$/i.exec(text);
  if (days !== null) return `${Number(days[1]) * (days[2]?.toLowerCase() === "w" ? 168 : 24)}h`;
  if (/^\d{1,6}$/.test(text)) return `${text}s`;
  const spaced = time.replace(" ", "T");
  for (const ending of ["", "Z", ":00Z", "T00:00:00Z"])
    if (wholeTime.safeParse(spaced + ending).success && /T\d\d:\d\d:\d\d/.test(spaced + ending))
      return spaced + ending;
  return "10m";
}
