import { expect, test } from "vitest";
import { InputError } from "../../core/problems.ts";
import { publicPaths } from "../public-path.ts";
import { definePlatform } from "./define.ts";
import { defineService, routeSchema } from "./service.ts";

const service = defineService({
  image: { repository: "localhost/x", tag: "1" },
  sample: "basic",
  port: 7000,
  health: { probe: { tcp: true }, tool: "none" },
  routes: [{ prefix: "/x", apiVersion: 1, bare: ["/keys"] }],
  replicas: { max: 1, why: "a test" },
  needs: {},
  env: ({ port }) => ({ PORT: port }),
});

const problems = (verify: object, journey: object | undefined): string[] => {
  try {
    definePlatform({
      name: "p",
      stores: { redis: {} },
      topics: {},
      services: { x: { ...service, verify } } as unknown as Record<string, never>,
      gateway: {},
      ...(journey && { journey: { makes: ["a thing"], steps: [], ...journey } }),
    });
  } catch (error) {
    if (error instanceof InputError) return error.problems.map(({ path, message }) => `${path}: ${message}`);
    throw error;
  }
  return [];
};

test("what no client can reach is refused, by name and place", () => {
  const websocket = { path: "/ws", token: "t", beat: "b" };
  expect(problems({ jwks: "/keys" }, undefined)).toEqual([]);
  expect(problems({ jwks: "/other", websocket }, undefined)).toEqual([
    'services.x.verify.jwks: no route leads to "/other"',
    'services.x.verify.websocket.path: no route with websocket: true leads to "/ws"',
  ]);
});

test("a journey uses what it was given before, of services and stores that there are", () => {
  const sign = { name: "sign", service: "x", path: "/x/{id}", keeps: { token: "t" }, uses: ["redis"] };
  const look = { name: "look", service: "x", path: "/x", bearer: "token" };
  expect(problems({}, { steps: [sign, look], token: "token" })).toEqual([]);
  expect(problems({}, { steps: [look, sign] })).toEqual([
    'journey.steps[0]: nothing is kept as "token" before',
  ]);
  expect(
    problems(
      {},
      { steps: [{ ...sign, service: "y", uses: ["mongo"], body: { a: "{who}" } }], token: "other" },
    ),
  ).toEqual([
    'journey.steps[0].service: there is no service "y"',
    'journey.steps[0].uses: the platform has no store "mongo"',
    'journey.steps[0]: nothing is kept as "who" before',
    'journey.token: nothing is kept as "other" before',
  ]);
});

test.each([
  [{ prefix: "/x", apiVersion: 1 }, "/api/v1/a", ["/x/api/v1/a"]],
  [{ prefix: "/x", apiVersion: 1 }, "/apis", []],
  [{ prefix: "/x", apiVersion: 1, bare: ["/keys"] }, "/keys/a", ["/x/keys/a"]],
  [{ prefix: "/x", apiVersion: 1, bare: [{ path: "/p", suffixes: [".png"] }] }, "/p/a.png", ["/x/p/a.png"]],
  [{ prefix: "/x", apiVersion: 1, bare: [{ path: "/p", suffixes: [".png"] }] }, "/p/a", []],
  [{ prefix: "/x" }, "/a", ["/x/a"]],
  [{ prefix: "/" }, "/a", ["/a"]],
  [{ prefix: "/x", strip: false }, "/x/a", ["/x/a"]],
  [{ prefix: "/x", strip: false }, "/xa", []],
])("a route %j spells the service's %s as %j", (route, path, spelled) => {
  expect(publicPaths({ routes: [routeSchema.parse(route)] }, path)).toEqual(spelled);
});
