import { routeTable } from "../../../config/routes.ts";
import type { Alerts, Subject } from "./rule.ts";

/** A service that cannot be reached through the gateway, by what the gateway tells clients in its place. */
export function upstreamIsDown({ platform, select }: Subject, service: string): string {
  const route = routeTable(platform)
    .services.filter(({ host }) => host === service)
    .map(({ name }) => name);
  const reason = ["upstream_down", "upstream_unknown", "connect_timeout"];
  return `sum(increase(${select("gateway_refusals_total", { route, reason }, "1m")})) >= 3`;
}

/** A route whose places, and those for who waits, are all taken. */
export const queueIsFull = ({ select }: Subject, route: string): string =>
  `sum(increase(${select("gateway_refusals_total", { route, reason: ["shed", "tunnels"] }, "2m")})) >= 10`;

/** What the gateway finds of the services behind it. */
export const upstreamAlerts = {
  UpstreamDown: {
    severity: "critical",
    means: "The gateway cannot connect to a service, and answers 503 or 504 in its place.",
    steps: [
      "`./beat status` shows whether the service runs and is well",
      "`./beat logs <service>` shows why not: mostly a store that it needs, or memory",
      "`./beat up` repairs what was removed or stopped by hand",
    ],
    cases: (subject) =>
      Object.values(subject.platform.services)
        .filter(({ routes }) => routes.length > 0)
        .map(({ name }) => ({
          expr: upstreamIsDown(subject, name),
          for: "30s",
          labels: { service: name },
          summary: `the gateway cannot connect to ${name}`,
        })),
  },
  RouteQueueFull: {
    severity: "warning",
    means:
      "A route has as many requests at its service as `concurrency.max` allows, or as many WebSockets as `tunnels.max`, and its queue is full: clients get 503.",
    steps: [
      "look at the service's dashboard: is it slower than before, or are there more requests?",
      "slower: `./beat logs <service>`, and the stores' dashboard",
      "more: raise `concurrency` or `tunnels` of the route in the definition, if the service can bear it",
    ],
    cases: (subject) =>
      routeTable(subject.platform).services.map(({ name, host }) => ({
        expr: queueIsFull(subject, name),
        labels: { route: name, service: host },
        summary: `route ${name} is full, and turns requests away`,
      })),
  },
  RateLimiting: {
    severity: "warning",
    means:
      "More than one request a second of a route is answered 429, for a minute: somebody guesses passwords, a client is broken, or the limit is too low.",
    steps: [
      "`./beat logs gateway`: the lines with status 429 have the client's address",
      "an attack: shut the address out in front of the gateway; the service notices nothing of it",
      "everybody has one address: set `platform:trustedProxies`",
    ],
    cases: ({ platform, select }) =>
      routeTable(platform)
        .services.filter((route) => route.rate_limit !== undefined)
        .map(({ name, host }) => ({
          expr: `sum(rate(${select("gateway_refusals_total", { route: name, reason: "rate_limited" }, "1m")})) > 1`,
          for: "1m",
          labels: { route: name, service: host },
          summary: `clients of route ${name} are over their rate limit`,
        })),
  },
} as const satisfies Alerts;
