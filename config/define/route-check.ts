import type { Problem } from "../../core/problems.ts";
import type { PlatformModel } from "./model.ts";

/** Contradictions between and within the routes of a definition. */
export const routeProblems = (platform: PlatformModel): Problem[] => [
  ...prefixes(platform),
  ...limits(platform),
  ...bare(platform),
];

/** Whether a path is another one or lies below it. */
export const isWithin = (inner: string, outer: string): boolean =>
  outer === "/" || inner === outer || inner.startsWith(`${outer}/`);

function prefixes(platform: PlatformModel): Problem[] {
  const problems: Problem[] = [];
  const seen: { prefix: string; service: string; path: string }[] = [];
  for (const service of Object.values(platform.services)) {
    service.routes.forEach((route, index) => {
      const path = `services.${service.name}.routes[${index}].prefix`;
      if (isWithin(route.prefix, "/_gateway"))
        problems.push({
          path,
          message: `"${route.prefix}" belongs to the gateway itself`,
          fix: "choose another prefix",
        });
      for (const other of seen) {
        if (other.prefix === route.prefix)
          problems.push({
            path,
            message: `"${route.prefix}" is already the prefix of ${other.service}`,
            fix: "give one of the two another prefix",
          });
        else if (
          other.service !== service.name &&
          (isWithin(route.prefix, other.prefix) || isWithin(other.prefix, route.prefix))
        )
          problems.push({
            path,
            message: `"${route.prefix}" and "${other.prefix}" of ${other.service} shadow each other`,
            fix: "choose prefixes of which none lies below the other",
          });
      }
      seen.push({ prefix: route.prefix, service: service.name, path });
    });
  }
  return problems;
}

function limits(platform: PlatformModel): Problem[] {
  const problems: Problem[] = [];
  for (const service of Object.values(platform.services))
    service.routes.forEach(({ concurrency, tunnels, rateLimit, cors }, index) => {
      const at = `services.${service.name}.routes[${index}]`;
      if (concurrency?.queueMs !== undefined && (concurrency.queue ?? 0) === 0)
        problems.push({
          path: `${at}.concurrency.queueMs`,
          message: "nothing can wait: there is no queue",
          fix: "set queue to how many may wait, or remove queueMs",
        });
      if (tunnels !== undefined && tunnels.max === undefined && tunnels.perClient === undefined)
        problems.push({
          path: `${at}.tunnels`,
          message: "limits nothing",
          fix: "set max or perClient, or remove tunnels",
        });
      if (tunnels?.max !== undefined && tunnels.perClient !== undefined && tunnels.perClient > tunnels.max)
        problems.push({
          path: `${at}.tunnels.perClient`,
          message: `${tunnels.perClient} is more than all clients may have together (max: ${tunnels.max})`,
          fix: `set perClient to at most ${tunnels.max}, or raise max`,
        });
      if (rateLimit !== undefined && rateLimit.perClient === undefined && rateLimit.total === undefined)
        problems.push({
          path: `${at}.rateLimit`,
          message: "limits nothing",
          fix: "set perClient or total, or remove rateLimit",
        });
      if (cors === undefined || !cors.origins.includes("*")) return;
      if (cors.origins.length > 1)
        problems.push({
          path: `${at}.cors.origins`,
          message: '"*" already allows every other origin',
          fix: 'write ["*"], or list origins without "*"',
        });
      // Every page on the web could act as the user who is logged in.
      if (cors.credentials === true)
        problems.push({
          path: `${at}.cors.credentials`,
          message: 'must not go together with the origin "*" (Fetch standard, CORS protocol and credentials)',
          fix: "list the origins that may send credentials",
        });
    });
  return problems;
}

function bare(platform: PlatformModel): Problem[] {
  const problems: Problem[] = [];
  for (const { name, routes } of Object.values(platform.services))
    routes.forEach((route, index) => {
      if (route.strip && route.apiVersion === undefined && route.bare.length > 0)
        problems.push({
          path: `services.${name}.routes[${index}].bare`,
          message: "has no effect without apiVersion",
          fix: "remove it, or set apiVersion",
        });
    });
  return problems;
}
