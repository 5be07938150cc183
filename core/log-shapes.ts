import { fieldsOf, jsonHead } from "./log-json.ts";
import { type LogLevel, levelOf, levelOfWords } from "./log-levels.ts";

/** What the first line of something that was logged says. */
export interface LogHead {
  /** When, milliseconds since 1970, where the program says it with its time zone. */
  readonly time?: number;
  readonly level?: LogLevel;
  /** What it tells, without its time and level. */
  readonly text: string;
  /** The requests that it is about, by whatever the program calls them; undefined where its shape has no place for one. */
  readonly ids?: readonly string[];
  /** The trace that it is a part of. */
  readonly trace?: string;
  /** Whether lines may follow that belong to it: `never` for JSON. */
  readonly more: "never" | "likely";
}

/** Text without the sequences by which a terminal is told colours and more, and without other control characters but tabs. */
export const withoutControls = (text: string): string =>
  text
    .replace(/\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b./gs, "")
    .replace(/[\p{Cf}\x00-\x08\x0a-\x1f\x7f-\x9f]/gu, "");

type Shape = readonly [RegExp, (found: Readonly<Record<string, string>>) => Omit<LogHead, "more">];

/** With a level where there is one: an absent key is what the types ask for. */
const head = (text: string, level: LogLevel | undefined, rest: Partial<LogHead> = {}) => ({
  text,
  ...(level !== undefined && { level }),
  ...rest,
});

/** Redis' signs. Source: Redis, "redis.conf", loglevel; `serverLogRaw`. */
const redisLevels: Readonly<Record<string, LogLevel>> = {
  ".": "debug",
  "-": "debug",
  "*": "info",
  "#": "warn",
};

/** The shapes of text that the platform's programs log in; JSON is read elsewhere. */
const shapes: readonly Shape[] = [
  // Elixir's Logger, as Phoenix sets it: `16:16:10.215 request_id=… [info] GET /`. Its zone is not told.
  [
    /^\d\d:\d\d:\d\d\.\d{3,6} (?<meta>(?:[\w.]+=\S+ )*)\[(?<level>\w+)\] ?(?<text>.*)$/,
    ({ meta = "", level = "", text = "" }) => {
      const id = /(?:^| )request_id=(\S+)/.exec(meta)?.[1];
      const rest = meta.replace(/request_id=\S+ /, "").trim();
      return head(rest === "" ? text : `${text} ${rest}`, levelOf(level), {
        ids: id === undefined ? [] : [id],
      });
    },
  ],
  // Postgres, log_line_prefix '%m [%p] '. What explains a line is logged as one of its own.
  [
    /^(?<date>\d{4}-\d\d-\d\d) (?<time>\d\d:\d\d:\d\d\.\d{3}) (?<zone>\S+) \[\d+\](?<whom> \S+)? ?(?<level>LOG|INFO|NOTICE|WARNING|ERROR|FATAL|PANIC|DEBUG[1-5]): +(?<text>.*)$/,
    ({ date, time, zone = "", level = "", text = "" }) =>
      head(text, levelOf(level), /^(?:UTC|GMT)$/.test(zone) ? { time: Date.parse(`${date}T${time}Z`) } : {}),
  ],
  // Kafka, log4j.
  [
    /^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}\] (?<level>TRACE|DEBUG|INFO|WARN|ERROR|FATAL) (?<text>.*)$/,
    ({ level = "", text = "" }) => head(text, levelOf(level)),
  ],
  [
    /^\d+:[A-Z] \d\d? \w{3} \d{4} \d\d:\d\d:\d\d\.\d{3} (?<sign>[.\-*#]) (?<text>.*)$/,
    ({ sign = "", text = "" }) => head(text, redisLevels[sign]),
  ],
  // .NET's console: what is said follows on lines of its own, indented.
  [
    /^(?<level>trce|dbug|info|warn|fail|crit): (?<text>\S.*)$/,
    ({ level = "", text = "" }) => head(text, levelOf(level)),
  ],
  // Go's log: of the auth service, its database's client, rclone. Some have a level in front of their words.
  [
    /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d(?:\.\d+)? (?:(?<level>DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|CRITICAL|FATAL)\s*:? )?(?<text>.*)$/,
    ({ level, text = "" }) => head(text, level === undefined ? levelOfWords(text) : levelOf(level)),
  ],
  // Whatever begins with a whole time, and a level or none.
  [
    /^\[?(?<time>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d))\]?[\s:-]+(?:\[?(?<level>TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|CRITICAL|FATAL)\]?[\s:-]+)?(?<text>.*)$/i,
    ({ time = "", level, text = "" }) => {
      const at = Date.parse(time.replace(" ", "T").replace(",", "."));
      return head(
        text,
        level === undefined ? levelOfWords(text) : levelOf(level),
        Number.isNaN(at) ? {} : { time: at },
      );
    },
  ],
];

/** logfmt: `time=… level=info msg="…"`. */
const logfmt = /^(?:[\w.]+=(?:"(?:[^"\\]|\\.)*"|[^\s"]\S*|) )*level=(?<level>\w+)(?: |$)/;

/**
 * What a line says that begins something logged: JSON of any program, logfmt, or one of the shapes of text that the platform's
 * programs have.
 * @param line without control sequences.
 * @returns undefined for a line of no known shape.
 */
export function headOf(line: string): LogHead | undefined {
  if (line.startsWith("{")) {
    const told = jsonHead(line);
    if (told !== undefined) return told;
  }
  for (const [pattern, read] of shapes) {
    const found = pattern.exec(line)?.groups;
    if (found !== undefined) return { ...read(found as Record<string, string>), more: "likely" };
  }
  const level = logfmt.exec(line)?.groups?.level;
  return level === undefined ? undefined : fieldsOf(line, levelOf(level));
}

/** How Postgres goes on about its line before. Source: PostgreSQL, "Error Reporting and Logging". */
const postgresMore =
  /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \S+ \[\d+\](?: \S+)? ?(?:DETAIL|HINT|STATEMENT|CONTEXT|QUERY|LOCATION|BACKTRACE): /;

/** Whether a line goes on about the one before by its form: what is indented, ends a bracket, or says what caused it. */
export const goesOn = (line: string): boolean =>
  line === "" ||
  /^(?:\s|[)\]}]|Caused by: |Suppressed: |\.\.\. \d+ more|goroutine \d+ |created by |Node\.js v\d)/.test(
    line,
  ) ||
  postgresMore.test(line);
