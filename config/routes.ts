import type { PlatformModel } from "./define/model.ts";
import type { RouteDefinition } from "./define/service.ts";
import type { CorsPolicy, Route, RouteTable } from "./route-table.ts";

/**
 * The routes by which the gateway reaches a service, or all services.
 * @param service default: all of them.
 */
export function routesOf<P extends PlatformModel>(
  platform: P,
  service?: keyof P["services"] & string,
): readonly Route[] {
  const { services } = routeTable(platform);
  return service === undefined ? services : services.filter(({ host }) => host === service);
}

/**
 * The gateway's routing table; route names are unique, the first route of a service carries the service's name.
 * @param origins web origins allowed on every route that has no CORS rules of its own (`platform:cors`).
 */
export function routeTable(platform: PlatformModel, origins: readonly string[] = []): RouteTable {
  // The names of services come first: a route `/b` of `a` must not take the name of a service `a-b`.
  const taken = new Set(Object.keys(platform.services));
  const services = Object.values(platform.services).flatMap((service) =>
    service.routes.map((route, index) => ({
      name: index === 0 ? service.name : free(`${service.name}${route.prefix.replaceAll("/", "-")}`, taken),
      host: service.name,
      port: service.port,
      prefix: route.prefix,
      strip_prefix: route.strip,
      skip_prefix: route.bare,
      ...(route.apiVersion !== undefined && { api_version: route.apiVersion }),
      ...(route.deny.length > 0 && { deny: route.deny }),
      // Always said: a list without the word may be taken for an original, which passes WebSockets everywhere.
      websocket: route.websocket,
      ...timeouts(route),
      ...limits(route),
      ...cors(route, origins),
      ...(route.maxBodyBytes !== undefined && { max_body_bytes: route.maxBodyBytes }),
      health: "http" in service.health.probe ? { path: service.health.probe.http } : { tcp: true as const },
    })),
  );
  return { services };
}

/** A name that no other route has; its number stands behind it where it must. */
function free(name: string, taken: Set<string>): string {
  let found = name;
  for (let number = 2; taken.has(found); number++) found = `${name}-${number}`;
  taken.add(found);
  return found;
}

function timeouts({ connectTimeoutMs, responseTimeoutMs }: RouteDefinition): Pick<Route, "timeouts"> {
  if (connectTimeoutMs === undefined && responseTimeoutMs === undefined) return {};
  return {
    timeouts: {
      ...(connectTimeoutMs !== undefined && { connect_ms: connectTimeoutMs }),
      ...(responseTimeoutMs !== undefined && { response_ms: responseTimeoutMs }),
    },
  };
}

function limits({
  concurrency,
  tunnels,
  rateLimit,
}: RouteDefinition): Pick<Route, "concurrency" | "tunnels" | "rate_limit"> {
  return {
    ...(concurrency && {
      concurrency: {
        max: concurrency.max,
        ...(concurrency.queue !== undefined && { queue: concurrency.queue }),
        ...(concurrency.queueMs !== undefined && { queue_ms: concurrency.queueMs }),
      },
    }),
    ...(tunnels && {
      tunnels: {
        ...(tunnels.max !== undefined && { max: tunnels.max }),
        ...(tunnels.perClient !== undefined && { per_client: tunnels.perClient }),
      },
    }),
    ...(rateLimit && {
      rate_limit: {
        ...(rateLimit.perClient && { per_client: rateLimit.perClient }),
        ...(rateLimit.total && { total: rateLimit.total }),
      },
    }),
  };
}

function cors({ cors }: RouteDefinition, origins: readonly string[]): { readonly cors?: CorsPolicy } {
  if (cors === undefined)
    return origins.length === 0 ? {} : { cors: { origins, expose: ["X-Request-ID"], max_age_seconds: 600 } };
  return {
    cors: {
      origins: cors.origins,
      ...(cors.methods && { methods: cors.methods }),
      ...(cors.headers && { headers: cors.headers }),
      ...(cors.expose && { expose: cors.expose }),
      ...(cors.credentials !== undefined && { credentials: cors.credentials }),
      ...(cors.maxAgeSeconds !== undefined && { max_age_seconds: cors.maxAgeSeconds }),
    },
  };
}
