/**
 * Text as one word of a POSIX shell, whatever is in it: nothing in it is expanded, and none of it is run. Everything that becomes
 * part of a script goes through this.
 * @throws {RangeError} for a null byte, which no word can hold.
 */
export function quoted(text: string | number): string {
  const word = String(text);
  if (word.includes("\0")) throw new RangeError("a word of a shell cannot hold a null byte");
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/**
 * The word of a shell that begins at a place of a text, as it stands there: with its quotes, substitutions and placeholders for
 * people (`<value>`; `< file` is a redirection). Empty where none begins, or where it is never closed.
 */
export function wordAt(text: string, start: number): string {
  let at = start;
  while (at < text.length) {
    const rest = text.slice(at);
    const length = lengthOfPart(rest) ?? /^<[^<>\s][^<>]*>/.exec(rest)?.[0].length;
    if (length === Number.POSITIVE_INFINITY) return "";
    if (length === undefined && (/^[\s<>|&;()`]/.test(rest) || (rest[0] === "#" && at === start))) break;
    at += length ?? 1;
  }
  return text.slice(start, at);
}

/** How long what is quoted, or substituted, is that begins a text; undefined where none does, infinite where it is never closed. */
function lengthOfPart(text: string): number | undefined {
  if (text[0] === "\\") return 2;
  if (text[0] === "'") {
    const end = text.indexOf("'", 1);
    return end < 0 ? Number.POSITIVE_INFINITY : end + 1;
  }
  const open = /^(?:"|\$[({])/.exec(text)?.[0];
  if (open === undefined) return undefined;
  let depth = 1;
  for (let at = open.length; at < text.length; ) {
    const rest = text.slice(at);
    const sign = rest[0];
    if (sign === (open === '"' ? '"' : open === "$(" ? ")" : "}") && --depth === 0) return at + 1;
    // In double quotes a single one is a sign like any other.
    const length = open === '"' && sign === "'" ? undefined : lengthOfPart(rest);
    if (length === undefined && sign === open[1]) depth++;
    at += length ?? 1;
  }
  return Number.POSITIVE_INFINITY;
}
