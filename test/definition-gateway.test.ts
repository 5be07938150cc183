import fc from "fast-check";
import { expect, test } from "vitest";
import { definePlatform } from "../config/define/define.ts";
import { routeTable } from "../config/routes.ts";
import { InputError } from "../core/problems.ts";
import { parseRouteTable } from "../gateway/src/routing/parse.ts";

const service = {
  image: { repository: "localhost/x", tag: "1" },
  sample: "basic",
  health: { probe: { tcp: true }, tool: "none" },
  replicas: { max: 1, why: "a test" },
  needs: {},
  env: () => ({ A: "1" }),
};
/** Mostly right, at the bounds and beyond them. */
const number = fc.constantFrom(
  -1,
  0,
  0.5,
  1,
  5,
  100,
  1000,
  1001,
  600_000,
  86_400_000,
  86_400_001,
  2 ** 31,
  2 ** 53,
);
const path = fc.constantFrom(
  "/",
  "/a",
  "/a/b",
  "/a-b",
  "/A",
  "/a/",
  "//a",
  "/a/..",
  "/.b",
  "/_gateway",
  "/~",
  "b",
);
const some = <T>(values: fc.Arbitrary<T>) => fc.array(values, { maxLength: 2 });
const maybe = <T extends object>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(shape, { requiredKeys: [] });
const fields = {
  prefix: path,
  strip: fc.boolean(),
  apiVersion: number,
  deny: some(path),
  connectTimeoutMs: number,
  responseTimeoutMs: number,
  maxBodyBytes: number,
  concurrency: fc.record({ max: number, queue: number, queueMs: number }, { requiredKeys: ["max"] }),
  tunnels: maybe({ max: number, perClient: number }),
  rateLimit: maybe({ total: fc.record({ rate: number, burst: number }) }),
  cors: fc.record(
    {
      origins: some(
        fc.constantFrom("*", "https://a.b", "http://a.b:8080", "https://a.b:443", "https://[::1]"),
      ),
      methods: some(fc.constantFrom("GET", "get", "A B", "TRACE")),
      headers: some(fc.constantFrom("X-A", "x-a", "*", "a\n")),
      credentials: fc.boolean(),
      maxAgeSeconds: number,
    },
    { requiredKeys: ["origins"] },
  ),
};
const bare = some(fc.oneof(path, fc.record({ path, suffixes: some(fc.constantFrom(".png", "png", ".")) })));
/** A route with one field of any value: with more of them hardly one would be taken. */
const route = fc
  .oneof(
    ...Object.entries(fields).map(([name, value]) => value.map((chosen: unknown) => ({ [name]: chosen }))),
    bare.map((chosen) => ({ apiVersion: 1, bare: chosen })),
  )
  .map((chosen) => ({ prefix: "/x", ...chosen }));

test("a definition that is taken makes a table that the gateway takes", () => {
  let taken = 0;
  fc.assert(
    fc.property(route, path, (first, prefix) => {
      let platform: unknown;
      try {
        platform = definePlatform({
          name: "p",
          stores: {},
          topics: {},
          gateway: {},
          services: {
            a: { ...service, port: 7000, routes: [first, { prefix: `/y${prefix}` }] },
            "a-y": { ...service, port: 7001, routes: [{ prefix: "/z" }] },
          } as unknown as Record<string, never>,
        });
      } catch (error) {
        expect(error).toBeInstanceOf(InputError);
        return;
      }
      taken++;
      const table = JSON.parse(JSON.stringify(routeTable(platform as never))) as unknown;
      expect(parseRouteTable(table).services).toHaveLength(3);
    }),
    { numRuns: 1000 },
  );
  // Otherwise it would have shown nothing.
  expect(taken).toBeGreaterThan(50);
});
