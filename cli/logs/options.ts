import { type LogLevel, levelOf, logLevels } from "../../core/log-levels.ts";
import { sinceOf } from "../../core/log-since.ts";
import { InputError, type Problem } from "../../core/problems.ts";
import { quoted } from "../../core/shell.ts";
import type { Wanted } from "../../infra/operate/logs/pick.ts";

/** The options of `./beat logs` as they were written. */
export interface WrittenOptions {
  readonly follow?: boolean;
  readonly tail?: string;
  readonly since?: string;
  readonly grep?: string;
  readonly level?: string;
  readonly request?: string;
}

/** What they mean. */
export interface LogOptions extends Wanted {
  readonly follow: boolean;
  /** So many of each log's last; undefined for all. */
  readonly tail: number | undefined;
  /** Milliseconds since 1970. */
  readonly since: number | undefined;
}

/** How many lines of each log are shown where nothing says which. */
const usualTail = 100;
/** What the gateway takes for a request's id, and so what a log may have. */
const requestId = /^[A-Za-z0-9._~:/+=-]{1,200}$/;

/** What the options of `./beat logs` mean. @throws {InputError} with all that is wrong with them. */
export function logOptions(written: WrittenOptions, now: number): LogOptions {
  const problems: Problem[] = [];
  const read = <T>(value: string | undefined, how: (text: string) => T | Problem): T | undefined => {
    if (value === undefined) return undefined;
    const found = how(value);
    if (!isProblem(found)) return found;
    problems.push(found);
    return undefined;
  };
  const since = read(written.since, (text) => readSince(text, now));
  const grep = read(written.grep, readPattern);
  const level = read(written.level, readLevel);
  const request = read(written.request, readRequest);
  const tail = read(written.tail, readTail);
  if (problems.length > 0) throw new InputError("no log was read", problems);
  const isChoice = since !== undefined || grep !== undefined || level !== undefined || request !== undefined;
  return {
    follow: written.follow ?? false,
    since,
    grep,
    level,
    request,
    tail: tail === undefined ? (isChoice ? undefined : usualTail) : tail === "all" ? undefined : tail,
  };
}

const isProblem = (value: unknown): value is Problem =>
  typeof value === "object" && value !== null && "fix" in value && "path" in value;

function readSince(text: string, now: number): number | Problem {
  const since = sinceOf(text, now);
  if ("at" in since) return since.at;
  return {
    path: "--since",
    message: `${JSON.stringify(text)} ${since.fault}`,
    fix: `--since ${since.write}`,
  };
}

function readPattern(text: string): RegExp | Problem {
  try {
    return new RegExp(text);
  } catch (error) {
    const reason = (error as Error).message.replace(/^Invalid regular expression: /, "");
    return {
      path: "--grep",
      message: `${JSON.stringify(text)} is no regular expression (${reason})`,
      fix: `for exactly this text: --grep ${quoted(text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"))}`,
    };
  }
}

function readLevel(text: string): LogLevel | Problem {
  const level = levelOf(text);
  if (level !== undefined) return level;
  return {
    path: "--level",
    message: `${JSON.stringify(text)} is no level`,
    fix: `--level warn, or another one of ${logLevels.join(", ")}`,
  };
}

function readRequest(text: string): string | Problem {
  if (requestId.test(text)) return text;
  return {
    path: "--request",
    message: `${JSON.stringify(text)} is no request's id: 1 to 200 letters, digits and . _ ~ : / + = -`,
    fix: "--request <the X-Request-ID of an answer>",
  };
}

function readTail(text: string): number | "all" | Problem {
  if (text === "all") return text;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  return { path: "--tail", message: `${JSON.stringify(text)} is no whole number`, fix: "--tail 100, or all" };
}
