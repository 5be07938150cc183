import type { Route } from "../../../../config/route-table.ts";

/** Upstreams by name, with the port each listens on. */
export type Ports = Readonly<Record<UpstreamName, number>>;
export const upstreamNames = ["main", "other", "queue", "two", "slow", "flaky", "mortal"] as const;
export type UpstreamName = (typeof upstreamNames)[number];

export const origin = "https://app.example.org";
/** Requests that `/rate` lets through at once, and then each second. */
export const rate = { rate: 4, burst: 8 } as const;
/** Requests of `/queue` at its upstream at once, and those that wait. */
export const queue = { max: 2, queue: 3, queue_ms: 150 } as const;
/** Bytes of a body on `/small` at most. */
export const smallest = 20_000;
/** Milliseconds after which an upstream of `/silent` is given up. */
export const impatient = 700;

/** The table of a generation: what changes with it must not matter to any request under way. */
export function routes(ports: Ports, generation: number): Partial<Route>[] {
  const to = (prefix: string, upstream: UpstreamName, more: Partial<Route> = {}): Partial<Route> => ({
    name: prefix,
    prefix: `/${prefix}`,
    host: "127.0.0.1",
    port: ports[upstream],
    strip_prefix: true,
    skip_prefix: [],
    ...more,
  });
  const list = [
    to("p", "main"),
    // Answers of an upstream that breaks off share the pool of those that do not.
    to("odd", "main"),
    to("silent", "main", { timeouts: { response_ms: impatient } }),
    to("cors", "main", {
      cors: { origins: [origin], expose: [`X-G${generation % 2}`, "X-Echo"], credentials: true },
    }),
    to("deny", "main", { deny: ["/secret"] }),
    to("rate", "main", { rate_limit: { total: rate } }),
    to("queue", "queue", { concurrency: queue }),
    to("small", "main", { max_body_bytes: smallest }),
    to("two", "two", { host: "two.test" }),
    to("slow", "slow", { host: "slow.test" }),
    to("flaky", "flaky"),
    to("mortal", "mortal"),
    to("gen", generation % 2 === 0 ? "main" : "other"),
    to("ws", "main", { websocket: true }),
    to("wsrate", "main", { websocket: true, rate_limit: { total: { rate: 2, burst: 3 } } }),
    ...Array.from({ length: generation % 3 }, (_, i) => to(`extra${i}`, "other")),
  ];
  return generation % 4 === 3 ? list.reverse() : list;
}
