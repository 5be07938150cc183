/** The most of a line that is looked at, and that is shown, characters. */
const most = { read: 4_000, shown: 300 } as const;

/** Where a program that logs in JSON says what people are to read. */
const messages = /^@?(?:m|mt|msg|message|renderedmessage|err|error|errormessage|reason|detail)$/i;

/**
 * A name of which a secret's is a part, and what parts it from its value, in whatever quotes: `POSTGRES_PASSWORD=`, `x-api-key: `,
 * `\"token\": `. A service's name in front of its words is none: `auth-service: …`.
 */
const naming =
  /(?<![\w.-])(?![\w.-]*-service\s*:)(?<name>[\w.-]*(?:pass|pwd|secret|token|key|auth|credential|cookie|session|signature|private|otp|jwt)[\w.-]*)\\*["'`]?[\])]?\s*(?::=|=>|->|[:=]|%3[AD])\s*/gi;
/** Names whose value has parts, of which each may be what opens the door: `Authorization: Digest username="eve", response="…"`. */
const manifold = /auth|cookie|credential/i;
/** Where a value without quotes ends: at the next name. A password may have blanks and commas. */
const next = /\s+[\w.-]+[=:]/;

/** A program's option, which needs no sign before its value. */
const options =
  /((?<!\S)--?[\w-]*(?:pass|pwd|secret|token|key|auth|credential|cookie)[\w-]*|(?<!\S)(?:-u|--user))\s+(?:"[^"]*"?|'[^']*'?|\S+)/gi;
/** Words that a secret follows: of a header, of Redis, of SQL. */
const before = /\b((?:bearer|token|basic|digest|negotiate|apikey|identified by)\s+|AUTH\s+)(?!…)\S+/gi;
/** A password that somebody tells in a sentence; of the words that usually follow there none is one. */
const told =
  /((?:pass(?:word|wd|phrase|code)?|pwd|secret|credentials?|api[-_ ]?key)\s+(?:(?:is|was|of|for|to|with)\s+)*)(?!(?:auth\w*|for|file|of|must|has|hash\w*|policy|expired|invalid|incorrect|mismatch|required|not|and|or|in|from|to|at|on|with|was|is|are|does|did|can\w*|could|store|manager|provider|re?set|change[ds]?|fail\w*|field|login|encryption|rotation|length|by|missing|empty|accepted|rejected|check\w*|protected|loaded|the|a|an|user|role|database)\b)(?!…)(?:"[^"]*"?|'[^']*'?|\S+)/gi;
/** What is said of a password before it is told: `password for eve: …`. */
const announced =
  /\b((?:pass(?:word|wd|phrase|code)?|secret|token|credentials?)\b[^:=…]{1,60}[:=]\s*)(?!…)\S.*$/gi;
/** Web tokens, and keys that say whose they are. */
const telling = /eyJ[\w-]+\.[\w.-]+|\b(?:gh[a-z]_|github_pat_|glpat-|xox\w-|sk[-_]|AKIA)[\w-]+/g;
/** Letters and digits in a row, as generated passwords, hashes and keys are; or letters alone. */
const opaque = /(?=[\w+/=-]*[A-Za-z])(?=[\w+/=-]*\d)[\w+/=-]{24,}|[A-Za-z\d+/=]{48,}/g;
/** What a path and a name are made of: words, numbers, a backup's time. */
const readable = /^(?:[A-Za-z]{0,20}\d{0,6}|\d{8}T\d{6}Z)$/;

/** Words as one line without control sequences, in which a terminal would find orders. */
export const asLine = (text: string): string =>
  text
    .replace(/\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b./gs, "")
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ")
    .trim();

/**
 * What a line of a program's log says to people, for who did not ask for logs: no secret that is known, and nothing that looks like
 * one. In doubt it is left out: `./beat logs` shows all of it. Of JSON only the message is shown, and a line of one word is no
 * sentence.
 * @param secrets the stack's own; one that the same run makes is told by its form.
 */
export function logWords(line: string, secrets: Iterable<string> = []): string {
  const text = messageOf(withoutKnown(asLine(line), secrets).slice(0, most.read));
  if (!/\s/.test(text)) return "";
  const safe = withoutNamed(
    text
      // The login of an address, with any scheme or none: up to the last @, since a password may have one.
      .replace(/([a-z][\w+.-]*:[\\/]+)\S*@/gi, "$1…@")
      .replace(/(?<=^|[\s"'`(=,])[^\s"'`(=,:]*:(?![\\/])\S*@/g, "…@"),
  )
    .replace(options, "$1 …")
    .replace(before, "$1…")
    .replace(told, "$1…")
    .replace(announced, "$1…")
    .replace(telling, "…")
    .replace(opaque, (run) => (run.split(/[/_-]/).every((piece) => readable.test(piece)) ? run : "…"));
  return safe.length > most.shown ? `${safe.slice(0, most.shown)}…` : safe;
}

/** The lines of a log as {@link logWords} tells them; those of which nothing is left are left out. */
export const logLines = (log: string, secrets?: Iterable<string>): string[] =>
  log
    .split("\n")
    .map((line) => logWords(line, secrets))
    .filter((line) => line !== "");

/**
 * Takes secrets that are known out of texts, as they stand, and as JSON, an address and a header write them; a key of several lines
 * is logged line by line.
 */
function maskOfKnown(secrets: Iterable<string>): (text: string) => string {
  const forms = [...secrets]
    .flatMap((secret) => secret.split(/\r?\n/))
    .flatMap((secret) => [
      secret,
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(secret),
      Buffer.from(secret).toString("base64"),
    ])
    .filter((form) => form.length > 3);
  if (forms.length === 0) return (text) => text;
  const longestFirst = [...new Set(forms)].sort((a, b) => b.length - a.length);
  const any = new RegExp(
    longestFirst.map((form) => form.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join("|"),
    "g",
  );
  return (text) => text.replace(any, "…");
}

/** A text without secrets that are known. */
export const withoutKnown = (text: string, secrets: Iterable<string>): string => maskOfKnown(secrets)(text);

/** A web token, whoever made it. Source: RFC 7519; a JSON object begins as `eyJ`. */
const webToken = /\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*/g;

/** Takes out of a log, which somebody has asked for, what nobody may see: secrets that are known, and web tokens. */
export function maskOf(secrets: Iterable<string>): (text: string) => string {
  const known = maskOfKnown(secrets);
  return (text) => known(text).replace(webToken, "…");
}

/** The words of a line that is JSON, wherever in it they stand; any other line as it is. */
function messageOf(text: string): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return text;
  }
  return wordsIn(value).join(": ");
}

function wordsIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([name, each]) => {
    if (!messages.test(name)) return [];
    return typeof each === "string" ? [messageOf(each)].filter((words) => words !== "") : wordsIn(each);
  });
}

function withoutNamed(text: string): string {
  let done = "";
  let rest = text;
  for (;;) {
    naming.lastIndex = 0;
    const found = naming.exec(rest);
    if (found === null) return done + rest;
    const from = found.index + found[0].length;
    const value = rest.slice(from);
    done += `${rest.slice(0, from)}…`;
    rest = value.slice(lengthOfValue(value, manifold.test(found.groups?.name ?? "")));
  }
}

/** How long a value is that begins a text; one in quotes ends where they do, or was cut off. */
function lengthOfValue(text: string, isManifold: boolean): number {
  const quote = /^\\*["'`]/.exec(text)?.[0];
  if (quote !== undefined) {
    for (let at = text.indexOf(quote, quote.length); at >= 0; at = text.indexOf(quote, at + 1))
      if (text[at - 1] !== "\\") return at + quote.length;
    return text.length;
  }
  return isManifold ? text.length : (next.exec(text)?.index ?? text.length);
}
