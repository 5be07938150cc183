import type { BarePath, Route, RouteTable } from "../../../config/route-table.ts";
import { host } from "./host.ts";
import { policies } from "./policies.ts";
import { fail, flag, list, path, prefix, record, strict, text, whole } from "./validate.ts";

export { RouteTableError } from "./validate.ts";

/** What an entry of an original `services.json` can say. */
const originalKeys = [
  "name",
  "host",
  "port",
  "prefix",
  "strip_prefix",
  "skip_prefix",
  "skip_prefix_for",
  "api_version",
];
const routeKeys = [
  ...originalKeys,
  "deny",
  "websocket",
  "timeouts",
  "concurrency",
  "tunnels",
  "rate_limit",
  "cors",
  "max_body_bytes",
  "health",
];

/**
 * Checks a parsed routing table: `{"services": [...]}`, or the original's shape, an object keyed by name with
 * `skip_prefix_for`. Written by hand, since the gateway has no run-time dependency.
 *
 * The original passed an Upgrade on from any route and had no word for it. So `websocket` is true for the routes of an
 * original: an object keyed by name, or a list in which no entry has a word that the original did not know. In any
 * other list it is false unless the entry says otherwise.
 * @throws {RouteTableError} naming the field, its value and the fix; an unknown word is an error too.
 */
export function parseRouteTable(json: unknown): RouteTable {
  const services = record(json, "the file").services;
  const entries: [string, Record<string, unknown>][] = Array.isArray(services)
    ? services.map((entry, i) => [`services[${i}]`, record(entry, `services[${i}]`)])
    : Object.entries(record(services, "services")).map(([name, entry]) => [
        `services.${name}`,
        { name, ...record(entry, `services.${name}`) },
      ]);
  const original =
    !Array.isArray(services) ||
    entries.every(([, entry]) => Object.keys(entry).every((key) => originalKeys.includes(key)));
  if (entries.length === 0) fail("services", services, "declare at least one service");
  const routes = entries.map(([at, entry]) => parseRoute(strict(entry, at, routeKeys), at, original));
  for (const key of ["name", "prefix"] as const) {
    const seen = new Set<string>();
    routes.forEach((route, i) => {
      if (seen.has(route[key]))
        fail(`${entries[i]?.[0]}.${key}`, route[key], "is used twice; give each route its own");
      seen.add(route[key]);
    });
  }
  return { services: routes };
}

function parseRoute(entry: Record<string, unknown>, at: string, original: boolean): Route {
  const mount = prefix(entry.prefix, `${at}.prefix`);
  const bare = list(entry.skip_prefix ?? entry.skip_prefix_for ?? [], `${at}.skip_prefix`);
  return {
    name: text(entry.name, `${at}.name`),
    host: host(entry.host, `${at}.host`, `${at}.port`),
    port: whole(entry.port, `${at}.port`, 1, 65535),
    prefix: mount,
    strip_prefix: flag(entry.strip_prefix, `${at}.strip_prefix`),
    skip_prefix: bare.map((item, i) => barePath(item, `${at}.skip_prefix[${i}]`)),
    ...(entry.api_version !== undefined && {
      api_version: whole(entry.api_version, `${at}.api_version`, 1, 1000),
    }),
    deny: list(entry.deny ?? [], `${at}.deny`).map((item, i) => path(item, `${at}.deny[${i}]`)),
    websocket: entry.websocket === undefined ? original : flag(entry.websocket, `${at}.websocket`),
    ...policies(entry, at),
    ...(entry.max_body_bytes !== undefined && {
      max_body_bytes: whole(entry.max_body_bytes, `${at}.max_body_bytes`, 0, Number.MAX_SAFE_INTEGER),
    }),
    health: health(entry.health, `${at}.health`),
  };
}

function health(value: unknown, at: string): NonNullable<Route["health"]> {
  if (value === undefined) return { tcp: true };
  const found = strict(value, at, ["path", "tcp"]);
  return found.path === undefined ? { tcp: true } : { path: path(found.path, `${at}.path`) };
}

function barePath(value: unknown, at: string): BarePath {
  if (typeof value === "string") return path(value, at);
  const found = strict(value, at, ["path", "suffixes"]);
  return {
    path: path(found.path, `${at}.path`),
    suffixes: list(found.suffixes, `${at}.suffixes`).map((item, i) => text(item, `${at}.suffixes[${i}]`)),
  };
}
