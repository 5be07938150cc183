import type { PlatformModel } from "./define.ts";
import type { RouteTable } from "./route-table.ts";

/** The gateway's routing table; route names are unique, the first route of a service carries the service's name. */
export function routeTable(platform: PlatformModel): RouteTable {
  const services = Object.values(platform.services).flatMap((service) =>
    service.routes.map((route, index) => ({
      name: index === 0 ? service.name : `${service.name}${route.prefix.replaceAll("/", "-")}`,
      host: service.name,
      port: service.port,
      prefix: route.prefix,
      strip_prefix: route.strip,
      skip_prefix: route.bare,
      ...(route.apiVersion !== undefined && { api_version: route.apiVersion }),
      ...(route.deny.length > 0 && { deny: route.deny }),
      ...(route.websocket && { websocket: true }),
      ...(route.responseTimeoutMs !== undefined && { timeouts: { response_ms: route.responseTimeoutMs } }),
      ...(route.maxBodyBytes !== undefined && { max_body_bytes: route.maxBodyBytes }),
      health: "http" in service.health.probe ? { path: service.health.probe.http } : { tcp: true as const },
    })),
  );
  return { services };
}
