import { describe, expect, test } from "vitest";
import { InputError } from "../../core/problems.ts";
import { value } from "../../core/value.ts";
import { renderEnvironment, secretNames } from "../environment.ts";
import { platform } from "../platform.ts";
import { routeTable } from "../routes.ts";
import { authService } from "../services/auth.ts";
import { topics } from "../topics.ts";
import { definePlatform } from "./define.ts";
import type { PlatformModel } from "./model.ts";
import { defineService } from "./service.ts";
import { plain } from "./test-definition.ts";

const model: PlatformModel = platform;
const stack = {
  publicHost: "localhost",
  environment: "Production",
  jwt: { issuer: "i", audience: "a", accessMinutes: 30, refreshMonths: 1 },
} as const;

const define = (services: Record<string, unknown>) =>
  definePlatform({
    name: "p",
    stores: { postgres: {}, redis: {}, kafka: {} },
    topics: { ...topics, lonely: {} },
    services: services as Record<string, never>,
    gateway: {},
  });
const problemsOf = (services: Record<string, unknown>): string[] => {
  try {
    define(services);
  } catch (error) {
    if (error instanceof InputError) return error.problems.map(({ path, message }) => `${path}: ${message}`);
    throw error;
  }
  return [];
};

describe("the platform definition", () => {
  test("is frozen and knows its names", () => {
    expect(Object.isFrozen(platform.services["auth-service"])).toBe(true);
    // @ts-expect-error: there is no such service
    expect(platform.services["other-service"]).toBeUndefined();
  });

  test("refuses a former name that is another service's", () => {
    const was = (...renamedFrom: string[]) => ({ ...plain, routes: [], renamedFrom });
    const found = (services: Record<string, unknown>) =>
      problemsOf(services).filter((problem) => problem.includes("renamedFrom"));
    expect(found({ x: was("old") })).toEqual([]);
    expect(found({ x: was("y"), y: plain })).toEqual([
      'services.x.renamedFrom[0]: "y" is a service of the platform',
    ]);
    expect(found({ x: was("old"), y: was("old") })).toEqual([
      'services.y.renamedFrom[0]: "old" is a former name of x, too',
    ]);
  });

  test("refuses names that are the platform's own, with another one to take", () => {
    const own = ["gateway", "postgres", "mongo", "kafka-b", "admin", "provision-postgres", "pg-x"];
    for (const name of own)
      expect(problemsOf({ [name]: plain })).toEqual([expect.stringContaining(`services.${name}: "${name}"`)]);
    const volumes = [{ name: "postgres-data", path: "/x" }];
    expect(problemsOf({ x: { ...plain, needs: { volumes } } })).toEqual([
      expect.stringMatching(/^services\.x\.needs\.volumes\[0\]\.name: "postgres-data"/),
    ]);
  });

  test("refuses a secret that two services would share without a word", () => {
    const withSecret = (port: number, prefix: string, name: string) => ({
      ...plain,
      port,
      routes: [{ prefix }],
      env: ({ secret }: { secret: (name: string) => unknown }) => ({ KEY: secret(name) }),
    });
    expect(problemsOf({ a: withSecret(7000, "/a", "b-c"), "a-b": withSecret(7001, "/b", "c") })).toEqual([
      'services.a-b.env.KEY: the secret "a-b-c" is one of a, too',
    ]);
  });

  test("does not compile with a topic, store or callee that is not declared", () => {
    const base = { name: "p", stores: { postgres: {} }, topics: {}, gateway: {} } as const;
    const calls = defineService({ ...plain, needs: { calls: ["nobody"] }, env: () => ({ PORT: 1 }) });
    // @ts-expect-error: "auth_events" is not among the topics
    expect(() => definePlatform({ ...base, services: { auth: authService } })).toThrow(
      /topic "auth_events" is not declared/,
    );
    // @ts-expect-error: "nobody" is not among the services
    expect(() => definePlatform({ ...base, services: { a: calls } })).toThrow(/there is no service "nobody"/);
    // @ts-expect-error: a service without needs has no references to a store
    defineService({ ...plain, env: ({ mongo }) => ({ X: mongo.host }) });
  });

  test("reports every problem at once, each with its path", () => {
    const consumes = (topic: string) => ({ kafka: { consumes: [topic], group: "g" } });
    const problems = problemsOf({
      a: { ...plain, needs: { postgres: { database: "d" } } },
      b: {
        ...plain,
        needs: { postgres: { database: "d" }, ...consumes("lonely") },
        env: () => ({ PORT: "" }),
      },
      c: {
        ...plain,
        port: 7001,
        routes: [{ prefix: "/x/y" }],
        needs: { ...consumes("missing"), mongo: { database: "m" } },
      },
    });
    expect(problems).toEqual([
      'services.b.routes[0].prefix: "/x" is already the prefix of a',
      'services.c.routes[0].prefix: "/x/y" and "/x" of a shadow each other',
      'services.c.routes[0].prefix: "/x/y" and "/x" of b shadow each other',
      'services.b.needs.postgres.database: "d" is already the database of a; both create tables of the same name',
      "services.b.port: 7000 is already the port of a",
      "services.c.needs.mongo: the platform has no such store",
      'services.b.needs.kafka.consumes[0]: nobody publishes "lonely"',
      'services.c.needs.kafka.consumes[0]: topic "missing" is not declared',
      'services.c.needs.kafka.group: "g" is already the group of b; each would get half of the events',
      "services.b.env.PORT: is empty",
    ]);
  });

  test.each([
    [{ port: 70000 }, "services.a.port"],
    [{ routes: [{ prefix: "auth" }] }, "services.a.routes[0].prefix"],
    [{ routes: [{ prefix: "//auth" }] }, 'services.a.routes[0].prefix: "//auth" begins with two slashes'],
    [{ routes: [{ prefix: "/_gateway/x" }] }, "services.a.routes[0].prefix"],
    [{ colour: "red" }, "services.a"],
    [{ replicas: { max: 0, why: "" } }, "services.a.replicas.max"],
  ])("refuses %j at %s", (change, path) => {
    expect(problemsOf({ a: { ...plain, ...change } }).join()).toContain(path);
  });

  test.each<[object, string]>([
    [{ connectTimeoutMs: 0 }, "connectTimeoutMs"],
    [{ concurrency: { queue: 5 } }, "concurrency.max"],
    [{ concurrency: { max: 5, queueMs: 5 } }, "concurrency.queueMs: nothing can wait"],
    [{ tunnels: {} }, "tunnels: limits nothing"],
    [{ tunnels: { max: 0 } }, "tunnels.max"],
    [{ tunnels: { per_client: 1 } }, "tunnels: Unrecognized key"],
    [{ tunnels: { max: 1, perClient: 2 } }, "tunnels.perClient: 2 is more than all clients may have"],
    [{ rateLimit: {} }, "rateLimit: limits nothing"],
    [{ rateLimit: { perClient: { rate: 1, burst: 0 } } }, "rateLimit.perClient.burst: must be at least 1"],
    [{ rateLimit: { perClient: { rate: 0, burst: 1 } } }, "rateLimit.perClient.rate"],
    [{ cors: { origins: [] } }, "cors.origins"],
    [{ cors: { origins: ["https://a.b/"] } }, "cors.origins[0]: must be an origin"],
    [{ cors: { origins: ["https://a.b:443"] } }, "cors.origins[0]: must not name"],
    [{ cors: { origins: ["*", "https://a.b"] } }, 'cors.origins: "*" already allows'],
    [{ cors: { origins: ["*"], credentials: true } }, "cors.credentials: must not go together"],
    [{ cors: { origins: ["*"], maxAge: 1 } }, "cors: Unrecognized key"],
  ])("refuses a route with %j at %s", (route, path) => {
    const problems = problemsOf({ a: { ...plain, routes: [{ prefix: "/x", ...route }] } });
    expect(problems.join("\n")).toContain(`services.a.routes[0].${path}`);
  });
});

describe("what is derived from it", () => {
  test("the environment has the names that the images read, and no empty value", () => {
    const names = (service: string) =>
      Object.keys(renderEnvironment(model, model.services[service] as never, stack));
    expect(names("messaging-service")).toContain("BEAT_MESSASSING_SERVER");
    expect(names("core-service")).toContain("REDIS_DATABASE");
    expect(names("core-service")).not.toContain("REDIS_DB");
    expect(names("auth-service")).not.toContain("JWKS_URL");
  });

  test("only secrets are secret", () => {
    const env = renderEnvironment(model, model.services["auth-service"] as never, stack);
    expect(Object.keys(env).filter((name) => env[name]?.secret)).toEqual(["POSTGRES_PASSWORD"]);
    expect(secretNames(model, stack)).toEqual([
      "messaging-service-key-base",
      "mongo-admin",
      "mongo-messaging-service",
      "postgres-admin",
      "postgres-auth-service",
      "postgres-core-service",
      "postgres-messaging-service",
    ]);
  });

  test("a reference cannot be concatenated into plain text", () => {
    const env = renderEnvironment(model, model.services["auth-service"] as never, stack);
    const password = env.POSTGRES_PASSWORD as never;
    expect(() => `postgres://${password}`).toThrow(/cannot be turned into a string/);
    expect(() => JSON.stringify({ password })).toThrow(/cannot be turned into a string/);
    expect(value`postgres://${password}@h`.secret).toBe(true);
  });

  test("limits and CORS of a route reach the table under the names of its file", () => {
    const limited = define({
      a: {
        ...plain,
        routes: [
          {
            prefix: "/x",
            connectTimeoutMs: 100,
            responseTimeoutMs: 200,
            concurrency: { max: 1, queue: 2, queueMs: 3 },
            tunnels: { max: 4, perClient: 2 },
            rateLimit: { perClient: { rate: 1, burst: 2 } },
            cors: { origins: ["https://a.b"], maxAgeSeconds: 5, credentials: true },
          },
          { prefix: "/y" },
        ],
      },
    }) as unknown as PlatformModel;
    const [x, y] = routeTable(limited, ["http://localhost:5173"]).services;
    expect(x).toMatchObject({
      timeouts: { connect_ms: 100, response_ms: 200 },
      concurrency: { max: 1, queue: 2, queue_ms: 3 },
      tunnels: { max: 4, per_client: 2 },
      rate_limit: { per_client: { rate: 1, burst: 2 } },
      cors: { origins: ["https://a.b"], max_age_seconds: 5, credentials: true },
    });
    expect(y?.cors?.origins).toEqual(["http://localhost:5173"]);
    expect(y).not.toHaveProperty("timeouts");
    expect(y).not.toHaveProperty("tunnels");
    expect(routeTable(limited).services[1]).not.toHaveProperty("cors");
  });

  test("every route says whether WebSockets pass: the table must never be taken for an original", () =>
    expect(routeTable(model).services.map(({ prefix, websocket }) => [prefix, websocket])).toEqual([
      ["/auth", false],
      ["/core", false],
      ["/public", false],
      ["/messaging", false],
      ["/socket", true],
    ]));

  test("every route has a service and a unique name", () => {
    const { services } = routeTable(model);
    expect(services.map(({ name, prefix }) => `${name} ${prefix}`)).toEqual([
      "auth-service /auth",
      "core-service /core",
      "core-service-public /public",
      "messaging-service /messaging",
      "messaging-service-socket /socket",
    ]);
  });
});

test("a service whose password would be a secret of the platform's own is refused with another name", () => {
  const needs = { mongo: { database: "d" } };
  expect(problemsOf({ keyfile: { ...plain, needs } })).toContainEqual(
    expect.stringMatching(/^services\.keyfile: its password would be called "mongo-keyfile"/),
  );
  expect(problemsOf({ keyfile: plain })).toEqual([]);
});

test.each(["a_b", "A", "a b"])(
  "the secret %j of a service's own is refused: it has no name everywhere",
  (name) => {
    const env = ({ secret }: { secret: (name: string) => unknown }) => ({ PORT: 1, KEY: secret(name) });
    expect(problemsOf({ x: { ...plain, env } })).toContainEqual(
      expect.stringMatching(/^services\.x\.env\.KEY: "x-.*" cannot be the name of a secret/),
    );
  },
);

test("a name that ends with a dash is none", () => {
  expect(problemsOf({ "api-": plain })).toEqual([
    expect.stringMatching(/^services\.api-: "api-" must be a DNS label/),
  ]);
});
