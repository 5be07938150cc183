/** How bad what a program logs is, from the least on. */
export const logLevels = ["debug", "info", "warn", "error", "fatal"] as const;
/** One of them. */
export type LogLevel = (typeof logLevels)[number];

/** Every program's own words for a level. */
const words: Readonly<Record<string, LogLevel>> = {
  trace: "debug",
  trce: "debug",
  verbose: "debug",
  dbug: "debug",
  debug: "debug",
  info: "info",
  information: "info",
  informational: "info",
  notice: "info",
  log: "info",
  success: "info",
  warn: "warn",
  warning: "warn",
  err: "error",
  error: "error",
  fail: "error",
  severe: "error",
  crit: "fatal",
  critical: "fatal",
  alert: "fatal",
  emerg: "fatal",
  emergency: "fatal",
  fatal: "fatal",
  panic: "fatal",
};

/** A level by a program's word for it, e.g. `WARNING`, `Information`; undefined for a word that is none. */
export function levelOf(word: string): LogLevel | undefined {
  const lower = word.toLowerCase();
  // Postgres numbers its debug levels, MongoDB as well.
  if (/^d(?:ebug)?[1-5]$/.test(lower)) return "debug";
  return Object.hasOwn(words, lower) ? words[lower] : undefined;
}

/** What a program says that ends without having caught something; such a line begins something of its own. */
const crash =
  /^(?:panic: |fatal error: |Unhandled exception\b|Uncaught |thread '.*' panicked|Traceback \(most recent|\*\* \(EXIT|Exception in thread )/;
const bad =
  /\b(?:fatal|panic|error|errors|exception|failed|failure|fail to|cannot|could not|refused|crashed|unhandled)\b|[a-z]Error\b|[a-z]Exception\b/i;
/** What has those words and is none. */
const harmless = /\b(?:no|0|without) (?:errors?|failures?)\b|record not found/i;
const doubtful = /\b(?:warn|warning|deprecated|retry|retrying|slow sql|was away|too long|started anew)\b/i;

/** The level of words that tell none; undefined where they are not those of a failure. */
export function levelOfWords(text: string): LogLevel | undefined {
  if (crash.test(text)) return "fatal";
  if (bad.test(text) && !harmless.test(text)) return "error";
  return doubtful.test(text) ? "warn" : undefined;
}

/** Whether a line of no known shape begins something of its own all the same: a program that ends. */
export const isCrash = (line: string): boolean => crash.test(line);
