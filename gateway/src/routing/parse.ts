import type { BarePath, Route, RouteTable } from "../../../config/route-table.ts";
import { policies } from "./policies.ts";
import { fail, flag, list, path, record, text, whole } from "./validate.ts";

export { RouteTableError } from "./validate.ts";

/**
 * Checks a parsed routing table: `{"services": [...]}`, or the original's shape, an object keyed by name with
 * `skip_prefix_for`. Written by hand, since the gateway has no run-time dependency.
 * @throws {RouteTableError}
 */
export function parseRouteTable(json: unknown): RouteTable {
  const services = record(json, "the file").services;
  const entries: [string, Record<string, unknown>][] = Array.isArray(services)
    ? services.map((entry, i) => [`services[${i}]`, record(entry, `services[${i}]`)])
    : Object.entries(record(services, "services")).map(([name, entry]) => [
        `services.${name}`,
        // The original passed an Upgrade on from any route and had no word for it in its file.
        { name, websocket: true, ...record(entry, `services.${name}`) },
      ]);
  if (entries.length === 0) fail("services", services, "declare at least one service");
  const routes = entries.map(([at, entry]) => parseRoute(entry, at));
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

function parseRoute(entry: Record<string, unknown>, at: string): Route {
  const prefix = withoutLastSlash(path(entry.prefix, `${at}.prefix`));
  const bare = list(entry.skip_prefix ?? entry.skip_prefix_for ?? [], `${at}.skip_prefix`);
  return {
    name: text(entry.name, `${at}.name`),
    host: text(entry.host, `${at}.host`),
    port: whole(entry.port, `${at}.port`, 1, 65535),
    prefix,
    strip_prefix: flag(entry.strip_prefix, `${at}.strip_prefix`),
    skip_prefix: bare.map((item, i) => barePath(item, `${at}.skip_prefix[${i}]`)),
    ...(entry.api_version !== undefined && {
      api_version: whole(entry.api_version, `${at}.api_version`, 1, 1000),
    }),
    deny: list(entry.deny ?? [], `${at}.deny`).map((item, i) => path(item, `${at}.deny[${i}]`)),
    websocket: entry.websocket === undefined ? false : flag(entry.websocket, `${at}.websocket`),
    ...policies(entry, at),
    ...(entry.max_body_bytes !== undefined && {
      max_body_bytes: whole(entry.max_body_bytes, `${at}.max_body_bytes`, 0, Number.MAX_SAFE_INTEGER),
    }),
    health: health(entry.health, `${at}.health`),
  };
}

function withoutLastSlash(path: string): string {
  let end = path.length;
  while (end > 1 && path[end - 1] === "/") end--;
  return path.slice(0, end);
}

function health(value: unknown, at: string): NonNullable<Route["health"]> {
  if (value === undefined) return { tcp: true };
  const found = record(value, at);
  return found.path === undefined ? { tcp: true } : { path: path(found.path, `${at}.path`) };
}

function barePath(value: unknown, at: string): BarePath {
  if (typeof value === "string") return path(value, at);
  const found = record(value, at);
  return {
    path: path(found.path, `${at}.path`),
    suffixes: list(found.suffixes, `${at}.suffixes`).map((item, i) => text(item, `${at}.suffixes[${i}]`)),
  };
}
