import type { BarePath, Route, RouteTable } from "../../../config/route-table.ts";
import { compileDeny } from "./deny.ts";
import { decodeBytes, overlong, validUtf8 } from "./escapes.ts";

/** Where a request goes, or why it goes nowhere. */
export type Decision =
  | { readonly route: Route; readonly target: string }
  | { readonly refuse: 400 | 404; readonly detail: string };

/** Anything an upstream might read as a way up: dots (plain or escaped) ended by a slash, a backslash or `;`. */
const dotSegment = /(?:^|\/|\\|%2f|%5c)(?:\.|%2e){1,2}(?:$|\/|\\|;|%2f|%5c|%3b)/i;
const forbidden = /[\x00-\x20\x7f\\#]/;
const forbiddenEscape = /%(?:00|5c)/i;
const escapedDot = /%2e/i;
/** Without any of it a path is safe unless a segment begins with a dot; most paths have none. */
const suspicious = /[\x00-\x20\x7f\\%#]/;
const highEscape = /%[89a-f][0-9a-f]/i;
const plainDotSegment = /(?:^|[/\\])\.{1,2}(?:$|[/\\;])/;
const controls = /[\x00-\x20\x7f#]/;

/** Simple questions first: the pattern for dot segments takes a hundred times as long for 32 KB. */
function isUnsafe(path: string): boolean {
  if (!suspicious.test(path)) return path.includes("/.") && dotSegment.test(path);
  if (forbidden.test(path) || forbiddenEscape.test(path)) return true;
  if (highEscape.test(path)) {
    // Dots that are spelled in too many bytes, or have bytes between them that a decoder leaves out.
    const bytes = decodeBytes(path);
    if (overlong.test(bytes) || plainDotSegment.test(validUtf8(bytes))) return true;
  }
  return (path.includes(".") || escapedDot.test(path)) && dotSegment.test(path);
}

/** True when `path` is `prefix` or lies below it. */
const below = (path: string, prefix: string): boolean =>
  prefix === "/" ||
  (path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === "/"));

/**
 * Compiles a routing table into a function from request target to decision.
 *
 * The longest prefix at a segment boundary wins. A stripped rest that begins with `/api`, or with a bare path, goes
 * on as it is; any other gets `/api/v{n}` in front. The query is always kept. Paths with dot segments in any
 * spelling are refused rather than resolved: proxy and upstream could read them differently (RFC 3986 5.2.4).
 */
export function compileRouter(table: RouteTable): (target: string) => Decision {
  const find = findByPrefix(table.services);
  return (target) => {
    const mark = target.indexOf("?");
    const path = mark < 0 ? target : target.slice(0, mark);
    const query = mark < 0 ? "" : target.slice(mark);
    if (path[0] !== "/" || path.startsWith("//"))
      return { refuse: 400, detail: "the path must begin with one slash" };
    if (isUnsafe(path) || controls.test(query))
      return { refuse: 400, detail: "the path has dot segments or characters that are not allowed" };
    const entry = find(path);
    if (entry === undefined) return { refuse: 404, detail: "no service has this path" };
    const upstream = rewritten(entry, path);
    if (upstream.startsWith("//"))
      return { refuse: 400, detail: "the path has an empty segment after its prefix" };
    // The same words as for a path that nobody has: whoever asks must not learn that there is one.
    if (entry.denies?.(upstream)) return { refuse: 404, detail: "no service has this path" };
    return { route: entry.route, target: upstream + query };
  };
}

/** A route as the look-up needs it: one small object, so that a large table costs few lines of the processor's cache. */
interface Entry {
  readonly route: Route;
  /** Characters that are taken off. */
  readonly cut: number;
  /** What is put in front, such as `/api/v1`. */
  readonly version: string | undefined;
  /** Paths that get no version. */
  readonly bare: readonly BarePath[] | undefined;
  readonly denies: ((path: string) => boolean) | undefined;
}

function entryOf(route: Route, version: (number: number) => string): Entry {
  const { prefix, strip_prefix: strips, api_version: number, skip_prefix: bare, deny } = route;
  return {
    route,
    cut: strips && prefix !== "/" ? prefix.length : 0,
    version: strips && number !== undefined ? version(number) : undefined,
    bare: bare.length > 0 ? bare : undefined,
    denies: deny !== undefined && deny.length > 0 ? compileDeny(deny) : undefined,
  };
}

/**
 * Finds the longest prefix at a segment boundary. The path's own first segments are looked up, the longest first, so
 * the cost depends on how deep the prefixes are and not on how many there are.
 */
function findByPrefix(routes: readonly Route[]): (path: string) => Entry | undefined {
  // Routes of one version share its text.
  const versions = new Map<number, string>();
  const version = (number: number) => {
    const text = versions.get(number) ?? `/api/v${number}`;
    versions.set(number, text);
    return text;
  };
  const byPrefix = new Map(routes.map((route) => [route.prefix, entryOf(route, version)]));
  const depth = Math.max(
    0,
    ...routes.map(({ prefix }) => (prefix === "/" ? 0 : prefix.split("/").length - 1)),
  );
  const longest = Math.max(0, ...routes.map(({ prefix }) => prefix.length));
  const fallback = byPrefix.get("/");
  return (path) => {
    let found = fallback;
    let end = 0;
    for (let segments = 0; segments < depth && end < path.length; segments++) {
      const next = path.indexOf("/", end + 1);
      end = next < 0 ? path.length : next;
      if (end > longest) break;
      found = byPrefix.get(path.slice(0, end)) ?? found;
    }
    return found;
  };
}

/** The path as the upstream sees it. */
function rewritten({ cut, version, bare }: Entry, path: string): string {
  const rest = cut === 0 ? path : path.slice(cut);
  if (version === undefined) return rest === "" ? "/" : rest;
  if (below(rest, "/api")) return rest;
  if (bare?.some((each) => isBare(rest, each))) return rest;
  return version + rest;
}

function isBare(rest: string, bare: BarePath): boolean {
  if (typeof bare === "string") return below(rest, bare);
  return (
    below(rest, bare.path) &&
    bare.suffixes.some((suffix) => rest.slice(-suffix.length).toLowerCase() === suffix)
  );
}

/**
 * Gives a redirect of a stripped service its prefix back: the service does not know it is mounted below one.
 * @param host the Host the client asked for; absolute redirects to it are repaired too.
 */
export function repairLocation(route: Route, location: string, host: string): string {
  if (!route.strip_prefix || route.prefix === "/") return location;
  const absolute = /^https?:\/\/([^/?#]*)/i.exec(location);
  const origin = absolute?.[0] ?? "";
  if (absolute !== null && absolute[1]?.toLowerCase() !== host.toLowerCase()) return location;
  const path = location.slice(origin.length) || "/";
  if (path[0] !== "/" || path.startsWith("//")) return location;
  const end = path.search(/[?#]/);
  return below(end < 0 ? path : path.slice(0, end), route.prefix)
    ? location
    : `${origin}${route.prefix}${path}`;
}
