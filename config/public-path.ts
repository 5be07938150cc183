import type { RouteDefinition } from "./define/service.ts";

/** Whether a path is another one or lies below it, at the end of a segment. */
const below = (inner: string, outer: string): boolean =>
  outer === "/" || inner === outer || inner.startsWith(outer.endsWith("/") ? outer : `${outer}/`);

/**
 * How a client spells a path of a service at the gateway: once for each route that hands it on just so. None when the gateway
 * would make another path of whatever a client writes.
 */
export const publicPaths = (
  { routes }: { readonly routes: readonly RouteDefinition[] },
  path: string,
): readonly string[] =>
  routes.flatMap((route) => {
    if (!route.strip) return below(path, route.prefix) ? [path] : [];
    const kept =
      route.apiVersion === undefined ||
      below(path, "/api") ||
      route.bare.some((bare) =>
        typeof bare === "string"
          ? below(path, bare)
          : below(path, bare.path) && bare.suffixes.some((suffix) => path.endsWith(suffix)),
      );
    return kept ? [`${route.prefix === "/" ? "" : route.prefix}${path}`] : [];
  });
