import { decodeBytes, overlong, validUtf8 } from "./escapes.ts";

/**
 * Compiles paths that answer 404 into a test of a path as its upstream gets it. What counts is every way in which a
 * lenient upstream may read that path:
 *
 * - escapes are decoded byte by byte; one that is none stands for itself and hides nothing beside it;
 * - bytes that are no UTF-8 stand for themselves, or for nothing where a decoder leaves them out; overlong forms, in
 *   which any character can hide from one reader and not from another, are always denied (RFC 3629 10);
 * - path parameters are taken off, from `;` to the end of the segment (RFC 3986 3.3), also where the `;` is escaped;
 * - slashes are merged, and case does not matter;
 * - an escaped slash parts segments as a plain one does. Within a parameter it may also be part of it, depending on
 *   whether an upstream decodes first or takes parameters off first: both readings are followed.
 *
 * One pass over the path, which ends as soon as no reading can be denied any more.
 */
export function compileDeny(denied: readonly string[]): (path: string) => boolean {
  const paths = denied.map((path) => path.toLowerCase().split("/").filter(Boolean));
  return (path) => {
    const readings = new Readings(paths);
    for (let at = 0; at < path.length && readings.open; ) {
      const slash = path.indexOf("/", at);
      const end = slash < 0 ? path.length : slash;
      const text = path.slice(at, end);
      if (/[%;\x80-\xff]/.test(text)) parts(text, readings);
      else readings.segment(text);
      at = end + 1;
    }
    return readings.denied;
  };
}

/** Reads what stands between two plain slashes: every slash in it is an escaped one. */
function parts(text: string, readings: Readings): void {
  const decoded = decodeBytes(text);
  if (overlong.test(decoded)) readings.denied = true;
  let parameterBefore = false;
  for (const part of decoded.split("/")) {
    const semicolon = part.indexOf(";");
    const name = semicolon < 0 ? part : part.slice(0, semicolon);
    const valid = highByte.test(name) ? validUtf8(name) : name;
    // Where a decoder leaves bytes out that are all of a segment, there is no segment.
    readings.segment(name, valid, parameterBefore || valid === "");
    parameterBefore ||= semicolon >= 0;
  }
}

const highByte = /[\x80-\xff]/;
const none: readonly number[] = [];
const nothingYet: readonly number[] = [0];

/** How many segments of each denied path the readings of a path have matched so far. */
class Readings {
  denied: boolean;
  readonly #paths: readonly (readonly string[])[];
  /** For each denied path the counts that some reading has reached; nearly always one or none. */
  readonly #reached: (readonly number[])[];

  constructor(paths: readonly (readonly string[])[]) {
    this.#paths = paths;
    this.#reached = paths.map(() => nothingYet);
    this.denied = paths.some(({ length }) => length === 0);
  }

  /** Whether anything that follows can make a difference. */
  get open(): boolean {
    return !this.denied && this.#reached.some(({ length }) => length > 0);
  }

  /**
   * @param other how else it may be read.
   * @param maybeNone in one reading it is no segment.
   */
  segment(text: string, other = text, maybeNone = false): void {
    if (text === "") return;
    const name = text.toLowerCase();
    const otherName = other === text ? name : other.toLowerCase();
    for (let i = 0; i < this.#paths.length; i++) {
      const path = this.#paths[i] as readonly string[];
      const counts = this.#reached[i] as readonly number[];
      let next = maybeNone ? counts : none;
      for (const count of counts) {
        const wanted = path[count];
        if ((wanted !== name && wanted !== otherName) || next.includes(count + 1)) continue;
        if (count + 1 === path.length) this.denied = true;
        next = [...next, count + 1];
      }
      this.#reached[i] = next;
    }
  }
}
