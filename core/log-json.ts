import { type LogLevel, levelOf, levelOfWords } from "./log-levels.ts";
import type { LogHead } from "./log-shapes.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Where programs that log in JSON say when, how bad, what, and for which request. */
const names = {
  time: ["time", "timestamp", "@timestamp", "ts", "@t", "Timestamp"],
  level: ["level", "severity", "lvl", "@l", "LogLevel", "levelname"],
  text: ["msg", "message", "event", "@m", "@mt", "Message", "short_message"],
  id: ["requestId", "request_id", "RequestId", "requestID", "request-id", "x-request-id"],
} as const;

/** What a line of JSON says; undefined when it is none. */
export function jsonHead(line: string): LogHead | undefined {
  let fields: Fields;
  try {
    fields = JSON.parse(line) as Fields;
  } catch {
    return undefined;
  }
  const told = mongo(fields) ?? request(fields) ?? provisioned(fields) ?? anybodys(fields);
  return { more: "never", ...told };
}

type Told = Omit<LogHead, "more">;

/** What MongoDB logs. Source: MongoDB, "Log Messages". */
function mongo({ t, s, c, msg, attr }: Fields): Told | undefined {
  const date = (t as { $date?: unknown } | undefined)?.$date;
  if (typeof date !== "string" || typeof s !== "string" || typeof msg !== "string") return undefined;
  const letters: Readonly<Record<string, LogLevel>> = { F: "fatal", E: "error", W: "warn", I: "info" };
  const more = attr === undefined ? "" : ` ${JSON.stringify(attr)}`;
  return { ...timed(date), level: letters[s] ?? "debug", text: `${String(c)}: ${msg}${more}` };
}

/** A request, as the gateway and the sample services log it. Somebody's mistake is a warning, the platform's an error. */
function request(fields: Fields): Told | undefined {
  const { time, event, id, method, path, query, status, ms, ...rest } = fields;
  if (event !== "request" || typeof status !== "number" || typeof path !== "string") return undefined;
  const target = typeof query === "string" ? `${path}?${query}` : path;
  return {
    ...timed(time),
    level: status >= 500 ? "error" : status >= 400 ? "warn" : "info",
    text: [method, target, status, `${String(ms)} ms`, pairs(rest)].filter(Boolean).join(" "),
    ids: typeof id === "string" ? [id] : [],
    ...traced(fields),
  };
}

/** What a provisioner did. */
function provisioned({ object, result, note, ...rest }: Fields): Told | undefined {
  if (typeof object !== "string" || typeof result !== "string") return undefined;
  const more = [typeof note === "string" ? note : "", pairs(rest)].filter(Boolean).join(" ");
  const level = /fail|error|refused/.test(result) ? "error" : note === undefined ? "info" : "warn";
  return { level, text: `${object}: ${result}${more === "" ? "" : `; ${more}`}` };
}

/** Anybody else's JSON; what it does not say by its name stands behind. */
function anybodys(fields: Fields): Told {
  const rest: Record<string, unknown> = { ...fields };
  const take = (of: keyof typeof names): unknown => {
    const name = names[of].find((each) => each in rest && rest[each] !== "");
    const value = name === undefined ? undefined : rest[name];
    if (name !== undefined) delete rest[name];
    return value;
  };
  const said = take("text");
  const level = levelIn(take("level")) ?? levelOfEvent(fields);
  const time = timed(take("time"));
  const id = take("id") ?? (typeof fields.id === "string" ? fields.id : undefined);
  const text = typeof said === "string" ? said : said === undefined ? "" : JSON.stringify(said);
  return {
    ...time,
    ...(level !== undefined && { level }),
    text: [text, pairs(rest)].filter(Boolean).join(" "),
    ids: typeof id === "string" ? [id] : [],
    ...traced(fields),
  };
}

/** Numbers are pino's and bunyan's: tens from trace on. */
function levelIn(value: unknown): LogLevel | undefined {
  if (typeof value === "string") return levelOf(value);
  if (typeof value !== "number") return undefined;
  const tens: readonly LogLevel[] = ["debug", "debug", "debug", "info", "warn", "error", "fatal"];
  return tens[Math.min(Math.max(Math.floor(value / 10), 0), 6)];
}

/** The gateway and the samples name what happened, and tell no level. */
function levelOfEvent({ event, error, exception }: Fields): LogLevel | undefined {
  if (typeof event !== "string") return error === undefined && exception === undefined ? undefined : "error";
  if (/crash|giving-up|died/.test(event)) return "fatal";
  if (/fail|error|killed|stopped-badly|consumer-stopped|exception/.test(event))
    return event.startsWith("client-") ? "warn" : "error";
  if (/retry|refused|dropped|kept|late|lost|reject|warn|at-once/.test(event)) return "warn";
  return levelOfWords(event) ?? "info";
}

function traced({ trace, traceId, trace_id, TraceId }: Fields): { trace?: string } {
  const told = trace ?? traceId ?? trace_id ?? TraceId;
  return typeof told === "string" && told !== "" ? { trace: told } : {};
}

/** Seconds or milliseconds since 1970, or a text with its zone; else nothing. */
function timed(value: unknown): { time?: number } {
  if (typeof value === "number" && Number.isFinite(value))
    return { time: value < 1e11 ? value * 1000 : value };
  if (typeof value !== "string" || !/^\d{4}-.*(?:Z|[+-]\d\d:?\d\d)$/.test(value)) return {};
  const time = Date.parse(value);
  return Number.isNaN(time) ? {} : { time };
}

/** Fields as `name=value`, in their order. */
const pairs = (fields: Fields): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name}=${valueText(value)}`)
    .join(" ");

function valueText(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /^[^\s"=]+$/.test(text) || typeof value !== "string" ? text : JSON.stringify(text);
}

/** What a line of logfmt says. */
export function fieldsOf(line: string, level: LogLevel | undefined): LogHead {
  const fields: Record<string, string> = {};
  for (const [, name = "", value = ""] of line.matchAll(/([\w.@-]+)=("(?:[^"\\]|\\.)*"|\S*)/g))
    fields[name] = value.startsWith('"') ? unquoted(value) : value;
  const { level: _, ...rest } = fields;
  return { ...anybodys(rest), ...(level !== undefined && { level }), more: "likely" };
}

function unquoted(text: string): string {
  try {
    return JSON.parse(text) as string;
  } catch {
    return text.slice(1, -1);
  }
}

/** Every text in a value of JSON, however deep. */
export const textsIn = (value: unknown): string[] =>
  typeof value === "string"
    ? [value]
    : typeof value === "object" && value !== null
      ? Object.values(value).flatMap(textsIn)
      : [];
