/** A name and what may follow it in a log: `password=…`, `"token": "…"`, `Authorization: Bearer …`. */
const named =
  /((?:pass(?:word|wd|phrase)?|secret|token|api[-_]?key|private[-_]?key|authorization|cookie|credentials?)["']?\s*(?::|=|\bis\b)\s*["']?(?:(?:bearer|basic)\s+)?)[^\s"',;&]+/gi;
/** What nobody reads as a word: letters and digits in a row, as generated passwords, hashes and web tokens are. */
const random = /eyJ[\w-]+\.[\w.-]+|(?=[\w+/=-]*[A-Za-z])(?=[\w+/=-]*\d)[\w+/=-]{24,}/g;

/** Words as one line without control sequences, in which a terminal would find orders. */
export const asLine = (text: string): string =>
  text
    .replace(/\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b./gs, "")
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ")
    .trim();

/**
 * A line of a container's log that may be shown to who did not ask for logs: neither secrets of the stack nor what looks like one.
 * @param secrets the stack's own.
 */
export function masked(line: string, secrets: Iterable<string> = []): string {
  let text = line;
  for (const secret of [...secrets].sort((a, b) => b.length - a.length))
    if (secret.length > 3) text = text.replaceAll(secret, "…");
  return text.replace(named, "$1…").replace(random, "…");
}
