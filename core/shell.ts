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
