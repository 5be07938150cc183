import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseRouteTable } from "./parse.ts";
import { compileRouter } from "./router.ts";

const original = JSON.parse(
  readFileSync(new URL("../../test/fixtures/original-services.json", import.meta.url), "utf8"),
);
const base = { name: "a", host: "h", port: 1, prefix: "/a", strip_prefix: true };
const parse = (more: object) => parseRouteTable({ services: [{ ...base, ...more }] }).services[0];

describe("the original's files", () => {
  const to = (json: unknown, target: string) => {
    const decision = compileRouter(parseRouteTable(json))(target);
    return "refuse" in decision
      ? decision.refuse
      : `${decision.route.host}:${decision.route.port} ${decision.target}`;
  };

  test("services.json, an object keyed by name with skip_prefix_for, works unchanged", () => {
    expect(parseRouteTable(original).services.map(({ name }) => name)).toEqual([
      "auth-service",
      "core-service",
      "messaging-service",
      "websocket",
    ]);
    expect(to(original, "/auth/account/token?x=1")).toBe("auth-service:2000 /api/v1/account/token?x=1");
    expect(to(original, "/auth/health?deep")).toBe("auth-service:2000 /health?deep");
    expect(to(original, "/core/public/a.png")).toBe("core-service:3000 /public/a.png");
    expect(to(original, "/socket/websocket?token=T")).toBe(
      "messaging-service:4000 /socket/websocket?token=T",
    );
  });

  test("so does the shape of the original's README, a list with names and skip_prefix", () => {
    const listed = {
      services: Object.entries(original.services as Record<string, Record<string, unknown>>).map(
        ([name, { skip_prefix_for, ...entry }]) => ({ name, ...entry, skip_prefix: skip_prefix_for }),
      ),
    };
    for (const target of ["/auth/account/token?x=1", "/core/public/a.png", "/messaging/swagger/x", "/none"])
      expect(to(listed, target)).toBe(to(original, target));
  });

  const webSockets = (json: unknown) => parseRouteTable(json).services.map(({ websocket }) => websocket);
  const other = { ...base, name: "b", prefix: "/b" };

  test("both pass WebSockets on from every route, as the original did", () => {
    expect(webSockets(original)).toEqual([true, true, true, true]);
    const each = { ...base, api_version: 1, skip_prefix: ["/x"], skip_prefix_for: ["/x"] };
    expect(webSockets({ services: [each, other] })).toEqual([true, true]);
  });

  test.each([{ websocket: false }, { deny: [] }, { health: { tcp: true } }, { concurrency: { max: 1 } }])(
    "a list with %j in it is none: WebSockets pass where a route says so",
    (word) => {
      expect(webSockets({ services: [{ ...base, ...word }, other] })).toEqual([false, false]);
      expect(
        webSockets({
          services: [
            { ...base, ...word },
            { ...other, websocket: true },
          ],
        }),
      ).toEqual([false, true]);
    },
  );

  test("neither gets a limit or a CORS policy that it does not name", () => {
    for (const route of parseRouteTable(original).services) {
      expect(route.concurrency).toBeUndefined();
      expect(route.tunnels).toBeUndefined();
      expect(route.rate_limit).toBeUndefined();
      expect(route.cors).toBeUndefined();
      expect(route.timeouts).toEqual({});
    }
  });
});

describe("an entry", () => {
  test.each([
    [{ strip: true }, "strip: true: is not known here: remove it, or use one of name, host,"],
    [{ rate_limits: {} }, "rate_limits: {}: is not known here"],
    [{ Websocket: true }, "Websocket: true: is not known here"],
    [{ health: { pth: "/x" } }, 'health.pth: "/x": is not known here'],
    [{ skip_prefix: [{ path: "/x", suffix: [".png"] }] }, "skip_prefix[0].suffix"],
    [
      { prefix: "//core" },
      'prefix: "//core": begins with two slashes, as no path may that is served: write "/core"',
    ],
    [{ prefix: "//" }, 'prefix: "//": begins with two slashes'],
    [
      { prefix: "/_gateway" },
      'prefix: "/_gateway": belongs to the gateway itself: choose another, such as "/gateway"',
    ],
    [{ prefix: "/_gateway/" }, 'such as "/gateway/"'],
    [{ prefix: "/_gateway/health" }, 'such as "/gateway/health"'],
    [{ prefix: "//_gateway" }, 'such as "/gateway"'],
    [{ prefix: "/a/../b" }, 'prefix: "/a/../b": must be an absolute path of plain characters'],
    [{ deny: ["/a/."] }, 'deny[0]: "/a/.": must be an absolute path'],
    [{ skip_prefix: ["/./x"] }, 'skip_prefix[0]: "/./x": must be an absolute path'],
    [{ health: { path: "/.." } }, 'health.path: "/..": must be an absolute path'],
  ])("%j is refused", (more, message) => {
    expect(() => parse(more)).toThrow(`services[0].${Object.keys(more)[0]}`);
    expect(() => parse(more)).toThrow(message);
  });
  test("the same of an object keyed by name", () =>
    expect(() => parseRouteTable({ services: { a: { ...base, strip: 1 } } })).toThrow(
      "routes: services.a.strip: 1: is not known here",
    ));
  test("dots are no segment of their own where a name has more than them", () => {
    const deny = ["/.well-known", "/a..b", "/x.", "/..."];
    expect(parse({ deny })?.deny).toEqual(deny);
  });
  test("a prefix may end with slashes, and begin like the gateway's own", () => {
    expect(parse({ prefix: "/a//" })?.prefix).toBe("/a");
    expect(parse({ prefix: "/" })?.prefix).toBe("/");
    expect(parse({ prefix: "/_gatewayx" })?.prefix).toBe("/_gatewayx");
  });
});

describe("a table", () => {
  test.each([{ services: [] }, { services: {} }])("%j is refused: it serves nothing", (json) =>
    expect(() => parseRouteTable(json)).toThrow("declare at least one service"),
  );

  test.each([
    ["name", { prefix: "/b" }, '"a"'],
    ["prefix", { name: "b" }, '"/a"'],
    // Without the slashes at its end it is the same one.
    ["prefix", { name: "b", prefix: "/a/" }, '"/a"'],
  ])("two entries with one %s are refused", (key, more, value) =>
    expect(() => parseRouteTable({ services: [base, { ...base, ...more }] })).toThrow(
      `routes: services[1].${key}: ${value}: is used twice`,
    ),
  );
});

describe("limits and CORS", () => {
  test("pass as they are written", () => {
    const more = {
      timeouts: { connect_ms: 500, response_ms: 1000 },
      concurrency: { max: 10, queue: 5, queue_ms: 100 },
      tunnels: { max: 100, per_client: 10 },
      max_body_bytes: 0,
      rate_limit: { per_client: { rate: 0.5, burst: 1 }, total: { rate: 1000, burst: 2000 } },
      cors: {
        origins: [
          "https://app.example.org",
          "http://localhost:5173",
          "http://[::1]:3000",
          "capacitor://localhost",
        ],
        methods: ["GET"],
        headers: [],
        expose: ["X-Request-ID"],
        credentials: true,
        max_age_seconds: 600,
      },
    };
    expect(parse(more)).toMatchObject(more);
  });

  test.each([
    [{ timeouts: { connect: 1 } }, "timeouts.connect: 1: is not known here"],
    [{ timeouts: { connect_ms: 0 } }, "timeouts.connect_ms: 0"],
    [{ timeouts: [] }, "timeouts: []: must be an object"],
    [{ concurrency: {} }, "concurrency.max: is missing"],
    [{ concurrency: { queue: 5 } }, "concurrency.max: is missing"],
    [{ concurrency: { max: 0 } }, "concurrency.max: 0"],
    [{ concurrency: { max: 1, queue: -1 } }, "concurrency.queue: -1"],
    [{ concurrency: { max: 1, queue_ms: 5 } }, "concurrency.queue_ms: 5: nothing can wait without a queue"],
    [{ concurrency: { max: 1, queue: 1, wait: 1 } }, "concurrency.wait"],
    [{ tunnels: {} }, "tunnels: {}: limits nothing"],
    [{ tunnels: [] }, "tunnels: []: must be an object"],
    [{ tunnels: { max: 0 } }, "tunnels.max: 0"],
    [{ tunnels: { per_client: 1.5 } }, "tunnels.per_client: 1.5"],
    [{ tunnels: { perClient: 1 } }, "tunnels.perClient: 1: is not known here"],
    [{ tunnels: { max: 1, per_client: 2 } }, "tunnels.per_client: 2: is more than all may have"],
    [{ rate_limit: {} }, "rate_limit: {}: limits nothing"],
    [{ rate_limit: { per_client: { rate: 1 } } }, "rate_limit.per_client.burst: is missing"],
    [{ rate_limit: { per_client: { rate: 1, burst: 0 } } }, "rate_limit.per_client.burst: 0"],
    [{ rate_limit: { per_client: { rate: 1, burst: 1.5 } } }, "rate_limit.per_client.burst: 1.5"],
    [{ rate_limit: { total: { rate: 0, burst: 1 } } }, "rate_limit.total.rate: 0"],
    [{ rate_limit: { total: { rate: "1", burst: 1 } } }, 'rate_limit.total.rate: "1"'],
    [{ rate_limit: { total: { rate: 1, burst: 1, per: "s" } } }, "rate_limit.total.per"],
    [{ rate_limit: { client: { rate: 1, burst: 1 } } }, "rate_limit.client"],
    [{ cors: {} }, "cors.origins: is missing"],
    [{ cors: { origins: [] } }, "cors.origins: []: list at least one"],
    [{ cors: { origins: ["*", "https://a.b"] } }, "cors.origins"],
    [{ cors: { origins: ["*"], credentials: true } }, "cors.credentials: true"],
    [{ cors: { origins: ["https://a.b/"] } }, 'cors.origins[0]: "https://a.b/"'],
    [{ cors: { origins: ["https://A.b"] } }, "cors.origins[0]"],
    [{ cors: { origins: ["https://a.b:443"] } }, "cors.origins[0]"],
    [{ cors: { origins: ["http://a.b:80"] } }, "cors.origins[0]"],
    [{ cors: { origins: ["null"] } }, "cors.origins[0]"],
    [{ cors: { origins: ["https://a.b\r\nX: y"] } }, "cors.origins[0]"],
    [{ cors: { origins: ["*"], methods: [] } }, "cors.methods"],
    [{ cors: { origins: ["*"], expose: ["a b"] } }, 'cors.expose[0]: "a b"'],
    [{ cors: { origins: ["*"], max_age_seconds: -1 } }, "cors.max_age_seconds"],
    [{ cors: { origins: ["*"], maxAge: 1 } }, "cors.maxAge"],
  ])("%j is refused", (more, message) => expect(() => parse(more)).toThrow(`routes: services[0].${message}`));
});
