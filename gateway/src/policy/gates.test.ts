import { expect, test } from "vitest";
import type { Route } from "../../../config/route-table.ts";
import type { Pass } from "./gate.ts";
import { isLimited, LocalGates } from "./gates.ts";

const route = (name: string, more: Partial<Route>): Route => ({
  name,
  host: "127.0.0.1",
  port: 1,
  prefix: `/${name}`,
  strip_prefix: true,
  skip_prefix: [],
  ...more,
});
const gates = (...services: Route[]) => {
  const made = new LocalGates({ maxConnectionsPerClient: undefined });
  made.use({ services });
  return made;
};

/** What becomes of one more request or handshake of a route. */
function asks(all: LocalGates, name: string, tunnel = false, client = "192.0.2.1"): string {
  let said = "waits";
  all.of({ name })?.enter(
    {
      client,
      tunnel,
      onAdmitted: (_pass: Pass | undefined) => {
        said = "in";
      },
      onRefused: ({ reason }) => {
        said = reason;
      },
    },
    0,
  );
  return said;
}

test.each<[Partial<Route>, boolean]>([
  [{}, false],
  [{ rate_limit: { total: { rate: 1, burst: 1 } } }, true],
  [{ concurrency: { max: 1 } }, true],
  [{ tunnels: { max: 1 } }, true],
])("%j: limited is %s", (more, limited) => {
  expect(isLimited(route("a", more))).toBe(limited);
  expect(gates(route("a", more)).of({ name: "a" }) !== undefined).toBe(limited);
});

test("each route has limits of its own", () => {
  const services = ["a", "b"].map((name) => route(name, { concurrency: { max: 1, queue: 0 } }));
  const all = gates(...services);
  // Also when they were taken over from the table before.
  all.use({ services });
  expect(["a", "b", "a", "b"].map((name) => asks(all, name))).toEqual(["in", "in", "shed", "shed"]);
});

test("as many wait as are let in, unless the route says otherwise", () => {
  const all = gates(
    route("a", { concurrency: { max: 1 } }),
    route("b", { concurrency: { max: 1, queue: 0 } }),
  );
  expect(["a", "a", "a", "b", "b"].map((name) => asks(all, name))).toEqual([
    "in",
    "waits",
    "shed",
    "in",
    "shed",
  ]);
});

test("tunnels are as many as requests, unless the route says otherwise, and those of one client fewer", () => {
  const concurrency = { max: 1, queue: 9 };
  const all = gates(
    route("a", { concurrency }),
    route("b", { tunnels: { max: 2 } }),
    route("c", { tunnels: { per_client: 1 } }),
  );
  expect([asks(all, "a", true), asks(all, "a", true)]).toEqual(["in", "tunnels"]);
  expect([0, 1, 2].map(() => asks(all, "b", true))).toEqual(["in", "in", "tunnels"]);
  expect([asks(all, "c", true), asks(all, "c", true), asks(all, "c", true, "192.0.2.2")]).toEqual([
    "in",
    "tunnels",
    "in",
  ]);
});

test("another table changes what it changes, and the rest goes on counting", () => {
  const rate_limit = { total: { rate: 1, burst: 2 } };
  const concurrency = { max: 9 };
  const all = gates(route("a", { rate_limit, concurrency }));
  expect(asks(all, "a")).toBe("in");
  // Another limit of the same route, and another route.
  all.use({ services: [route("a", { rate_limit, concurrency: { max: 8 } }), route("b", {})] });
  expect([asks(all, "a"), asks(all, "a")]).toEqual(["in", "rate_limited"]);
  // The limit itself.
  all.use({ services: [route("a", { rate_limit: { total: { rate: 1, burst: 1 } } })] });
  expect([asks(all, "a"), asks(all, "a")]).toEqual(["in", "rate_limited"]);
  all.use({ services: [route("b", {})] });
  expect(all.of({ name: "a" })).toBeUndefined();
});

test("connections of one client are limited where the settings say so", () => {
  expect(gates().connections).toBeUndefined();
  const { connections } = new LocalGates({ maxConnectionsPerClient: 1 });
  const said: string[] = [];
  for (const client of ["192.0.2.1", "192.0.2.1", "192.0.2.2"])
    connections?.enter(
      {
        client,
        tunnel: true,
        onAdmitted: () => void said.push("in"),
        onRefused: () => void said.push("refused"),
      },
      0,
    );
  expect(said).toEqual(["in", "refused", "in"]);
});
