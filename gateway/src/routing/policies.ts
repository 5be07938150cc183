import type { Bucket, CorsPolicy, Route } from "../../../config/route-table.ts";
import { fail, flag, list, number, strict, whole } from "./validate.ts";

/** A day: no time-out of a request is longer. */
const longest = 86_400_000;

/** The parts of a route that limit it or speak for it, each absent when the entry does not name it. */
export function policies(
  entry: Record<string, unknown>,
  at: string,
): Pick<Route, "timeouts" | "concurrency" | "tunnels" | "rate_limit" | "cors"> {
  return {
    timeouts: entry.timeouts === undefined ? {} : timeouts(entry.timeouts, `${at}.timeouts`),
    ...(entry.concurrency !== undefined && {
      concurrency: concurrency(entry.concurrency, `${at}.concurrency`),
    }),
    ...(entry.tunnels !== undefined && { tunnels: tunnels(entry.tunnels, `${at}.tunnels`) }),
    ...(entry.rate_limit !== undefined && { rate_limit: rateLimit(entry.rate_limit, `${at}.rate_limit`) }),
    ...(entry.cors !== undefined && { cors: cors(entry.cors, `${at}.cors`) }),
  };
}

function timeouts(value: unknown, at: string): NonNullable<Route["timeouts"]> {
  const { connect_ms, response_ms } = strict(value, at, ["connect_ms", "response_ms"]);
  return {
    ...(connect_ms !== undefined && { connect_ms: whole(connect_ms, `${at}.connect_ms`, 1, longest) }),
    ...(response_ms !== undefined && { response_ms: whole(response_ms, `${at}.response_ms`, 1, longest) }),
  };
}

function concurrency(value: unknown, at: string): NonNullable<Route["concurrency"]> {
  const { max, queue, queue_ms } = strict(value, at, ["max", "queue", "queue_ms"]);
  if (queue_ms !== undefined && (queue === undefined || queue === 0))
    fail(`${at}.queue_ms`, queue_ms, "nothing can wait without a queue: set queue, or remove queue_ms");
  return {
    max: whole(max, `${at}.max`, 1, 1_000_000),
    ...(queue !== undefined && { queue: whole(queue, `${at}.queue`, 0, 1_000_000) }),
    ...(queue_ms !== undefined && { queue_ms: whole(queue_ms, `${at}.queue_ms`, 1, longest) }),
  };
}

function tunnels(value: unknown, at: string): NonNullable<Route["tunnels"]> {
  const { max, per_client } = strict(value, at, ["max", "per_client"]);
  if (max === undefined && per_client === undefined)
    fail(at, value, "limits nothing: set max or per_client, or remove it");
  const found = {
    ...(max !== undefined && { max: whole(max, `${at}.max`, 1, 1_000_000) }),
    ...(per_client !== undefined && { per_client: whole(per_client, `${at}.per_client`, 1, 1_000_000) }),
  };
  if (found.max !== undefined && found.per_client !== undefined && found.per_client > found.max)
    fail(
      `${at}.per_client`,
      per_client,
      `is more than all may have: write at most ${found.max}, or raise max`,
    );
  return found;
}

function rateLimit(value: unknown, at: string): NonNullable<Route["rate_limit"]> {
  const { per_client, total } = strict(value, at, ["per_client", "total"]);
  if (per_client === undefined && total === undefined)
    fail(at, value, "limits nothing: set per_client or total, or remove it");
  return {
    ...(per_client !== undefined && { per_client: bucket(per_client, `${at}.per_client`) }),
    ...(total !== undefined && { total: bucket(total, `${at}.total`) }),
  };
}

function bucket(value: unknown, at: string): Bucket {
  const { rate, burst } = strict(value, at, ["rate", "burst"]);
  return {
    rate: number(rate, `${at}.rate`, 0.001, 1_000_000),
    burst: whole(burst, `${at}.burst`, 1, 1_000_000),
  };
}

const corsKeys = ["origins", "methods", "headers", "expose", "credentials", "max_age_seconds"] as const;

function cors(value: unknown, at: string): CorsPolicy {
  const found = strict(value, at, corsKeys);
  const origins = list(found.origins, `${at}.origins`).map((item, i) => origin(item, `${at}.origins[${i}]`));
  if (origins.length === 0) fail(`${at}.origins`, origins, 'list at least one origin, or write ["*"]');
  const every = origins.includes("*");
  if (every && origins.length > 1)
    fail(`${at}.origins`, origins, '"*" already allows every other origin: keep one or the other');
  const credentials = found.credentials === undefined ? false : flag(found.credentials, `${at}.credentials`);
  // Fetch standard, CORS protocol and credentials: every page on the web could act as the user.
  if (every && credentials)
    fail(`${at}.credentials`, true, 'must not go together with "*": list the origins that may send them');
  const tokens = (key: "methods" | "headers" | "expose", least: number) => {
    if (found[key] === undefined) return undefined;
    const items = list(found[key], `${at}.${key}`);
    if (items.length < least) fail(`${at}.${key}`, items, "must not be empty: remove it for the default");
    return items.map((item, i) => token(item, `${at}.${key}[${i}]`));
  };
  const methods = tokens("methods", 1);
  const headers = tokens("headers", 0);
  const expose = tokens("expose", 0);
  return {
    origins,
    ...(methods && { methods }),
    ...(headers && { headers }),
    ...(expose && { expose }),
    ...(credentials && { credentials }),
    ...(found.max_age_seconds !== undefined && {
      max_age_seconds: whole(found.max_age_seconds, `${at}.max_age_seconds`, 0, 86_400),
    }),
  };
}

/** An origin as a browser serialises it (RFC 6454 6.2); anything else would never match. */
function origin(value: unknown, at: string): string {
  const fix = "must be an origin such as https://app.example.org: lower case, without path or default port";
  if (typeof value !== "string") return fail(at, value, fix);
  if (value === "*") return value;
  const shape =
    /^[a-z][a-z0-9+.-]*:\/\/([a-z0-9]([a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\])(:[1-9][0-9]{0,4})?$/;
  return shape.test(value) && !/^(https:.*:443|http:.*:80)$/.test(value) ? value : fail(at, value, fix);
}

/** A method or field name (RFC 9110 5.6.2). */
const token = (value: unknown, at: string): string =>
  typeof value === "string" && /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/.test(value)
    ? value
    : fail(at, value, "must be an HTTP token such as GET or X-Request-ID");
