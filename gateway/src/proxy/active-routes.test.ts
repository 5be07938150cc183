import { expect, test, vi } from "vitest";
import type { Route } from "../../../config/route-table.ts";
import { Metrics } from "../observe/metrics.ts";
import { LocalGates } from "../policy/gates.ts";
import type { Settings } from "../settings.ts";
import type { Pool } from "../upstream/pool.ts";
import { ActiveRoutes } from "./active-routes.ts";

const settings = { connectTimeout: 1, responseTimeout: 2, maxBodyBytes: 3 } as Settings;

const route = (name: string, port: number, more: Partial<Route> = {}): Route => ({
  name,
  host: "127.0.0.1",
  port,
  prefix: `/${name}`,
  strip_prefix: true,
  skip_prefix: [],
  ...more,
});
const routesOf = (...services: Route[]) =>
  new ActiveRoutes(
    { services },
    settings,
    new Metrics(),
    new LocalGates({ maxConnectionsPerClient: undefined }),
  );

/** What the route of a target needs at run time. */
function stateOf(routes: ActiveRoutes, target: string) {
  const decision = routes.decide(target);
  if ("refuse" in decision) throw new Error(`${target} has no route`);
  return routes.stateOf(decision.route);
}

test("what a route says goes before the settings; who waits in the queue has the time to connect unless it says otherwise", () => {
  const timeouts = { connect_ms: 10, response_ms: 20 };
  const routes = routesOf(
    route("plain", 1),
    route("timed", 1, { timeouts, concurrency: { max: 1 } }),
    route("all", 1, { timeouts, concurrency: { max: 1, queue: 1, queue_ms: 30 }, max_body_bytes: 0 }),
  );
  const limitsOf = (target: string) => {
    const { connectTimeout, responseTimeout, queueTimeout, maxBodyBytes } = stateOf(routes, target);
    return [connectTimeout, responseTimeout, queueTimeout, maxBodyBytes];
  };
  expect(limitsOf("/plain/x")).toEqual([1, 2, 1, 3]);
  expect(limitsOf("/timed/x")).toEqual([10, 20, 10, 3]);
  expect(limitsOf("/all/x")).toEqual([10, 20, 30, 0]);
});

test("another table keeps the pool of an upstream that both have, and closes that of one which is gone", () => {
  const routes = routesOf(route("a", 1), route("b", 2));
  const [kept, gone] = ["/a", "/b"].map((target) => stateOf(routes, target).pool);
  const closed = vi.fn();
  for (const pool of [kept, gone]) vi.spyOn(pool as Pool, "close").mockImplementation(() => closed(pool));
  // By its upstream, whatever its route is called.
  routes.use({ services: [route("c", 1), route("d", 3)] });
  expect(stateOf(routes, "/c").pool).toBe(kept);
  expect([kept, gone]).not.toContain(stateOf(routes, "/d").pool);
  expect(closed.mock.calls).toEqual([[gone]]);
});

test("at the end every pool is closed", () => {
  const routes = routesOf(route("a", 1), route("b", 2));
  const closes = ["/a", "/b"].map((target) => vi.spyOn(stateOf(routes, target).pool, "close"));
  routes.close();
  for (const close of closes) expect(close).toHaveBeenCalledTimes(1);
});
