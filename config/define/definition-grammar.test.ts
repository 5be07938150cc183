import { describe, expect, test } from "vitest";
import { routeTable } from "../routes.ts";
import { defined, ofRoute, ofService, plain, refused, words } from "./test-definition.ts";

describe("one error names the field, the place and what to write", () => {
  test.each<[string, string]>([
    ["/a/../b", "segments"],
    ["/a/.", "segments"],
    ["//a", 'write "/a"'],
    ["/a//b", 'write "/a/b"'],
    ["a", 'write "/a"'],
    ["", 'write "/"'],
    ["/a?b=1", 'write "/a"'],
    ["/a#b", 'write "/a"'],
    ["/a%2fb", "without escapes"],
    ["/a b", "without blanks"],
    ["/a\n", "control characters"],
    ["/ä", "letters, digits"],
    ["/a/", 'write "/a"'],
    [`/${"a".repeat(1024)}`, "at most 1024"],
  ])("prefix %j", (prefix, message) => {
    const found = ofRoute({ prefix });
    expect(found).toEqual([expect.stringContaining(message)]);
    expect(found[0]).toMatch(/^services\.a\.routes\[0\]\.prefix: /);
    const written = / \| write ("[^"]*")$/.exec(found[0] ?? "")?.[1];
    if (written !== undefined) expect(ofRoute({ prefix: JSON.parse(written) as string })).toEqual([]);
  });

  test.each<[object, string]>([
    [{ deny: ["x"] }, "deny[0]: must be an absolute path"],
    [{ deny: ["/x/../y"] }, "deny[0]:"],
    [{ deny: ["/x", "/X"] }, "deny[1]: is the same as [0]"],
    [{ apiVersion: 1, bare: ["/a%20"] }, "bare[0]: must be without escapes"],
    [{ apiVersion: 1, bare: ["/a", "/a"] }, "bare[1]: is the same as [0]"],
    [{ apiVersion: 1, bare: [{ path: "/a", suffixes: ["png"] }] }, "bare[0].suffixes[0]: must be the ending"],
    [{ apiVersion: 1001 }, "apiVersion: Too big: expected number to be <=1000 (found 1001) | at most 1000"],
    [{ responseTimeoutMs: 2 ** 31 }, "responseTimeoutMs: "],
    [{ connectTimeoutMs: 2 ** 31 }, "connectTimeoutMs: "],
    [{ concurrency: { max: 5, queue: 1, queueMs: 2 ** 31 } }, "concurrency.queueMs: "],
    [{ maxBodyBytes: 2 ** 60 }, "maxBodyBytes: "],
    [{ maxBodyBytes: -1 }, "maxBodyBytes: "],
    [{ rateLimit: { perClient: { rate: 1e9, burst: 1 } } }, "rateLimit.perClient.rate: "],
    [{ rateLimit: { total: { rate: 1, burst: 1e9 } } }, "rateLimit.total.burst: "],
    [{ tunnels: { max: 1e9 } }, "tunnels.max: "],
    [
      { budget: { errors: 1.5 } },
      "budget.errors: Too big: expected number to be <=0.05 (found 1.5) | at most 0.05",
    ],
    [{ budget: { errors: 0 } }, "budget.errors: Too small"],
    [
      { budget: { p99Ms: 300 } },
      "budget.p99Ms: Invalid option: expected one of 5|10|25|50|100|250|500|1000|",
    ],
    [{ budget: { p95Ms: 100 } }, "budget: "],
  ])("route %j", (route, message) =>
    expect(ofRoute(route)).toEqual([expect.stringContaining(`services.a.routes[0].${message}`)]),
  );

  test.each<[object, string]>([
    [{ origins: ["https://a.b:65536"] }, "origins[0]: must be an origin"],
    [{ origins: ["https://a.b:0"] }, "origins[0]: must be an origin"],
    [{ origins: ["https://a.b:"] }, "origins[0]: must be an origin"],
    [{ origins: ["https://a.b/x"] }, 'write "https://a.b"'],
    [{ origins: ["HTTPS://A.b"] }, 'write "https://a.b"'],
    [{ origins: ["https://a.b:443"] }, 'write "https://a.b"'],
    [{ origins: ["https://a..b"] }, "origins[0]: must be an origin"],
    [{ origins: ["https://[::g]"] }, "origins[0]: must be an origin"],
    [{ origins: ["https://999.1.1.1"] }, "origins[0]: must be an origin"],
    [{ origins: ["https://u:p@a.b"] }, "origins[0]: must be an origin"],
    [{ origins: ["null"] }, "origins[0]: must be an origin"],
    [{ origins: ["https://a.b", "https://a.b"] }, "origins[1]: is the same as [0]"],
    [{ origins: ["*"], methods: ["get"] }, 'write "GET"'],
    [{ origins: ["*"], methods: ["TRACE"] }, "methods[0]: must not be TRACE"],
    [{ origins: ["*"], methods: ["A B"] }, "methods[0]: must be an HTTP method"],
    [{ origins: ["*"], methods: ["GET", "GET"] }, "methods[1]: is the same as [0]"],
    [{ origins: ["*"], headers: ["X-A\r\nB: c"] }, "headers[0]: must be an HTTP token"],
    [{ origins: ["*"], headers: ["*"] }, "headers[0]: must be one name"],
    [{ origins: ["*"], expose: ["X-A", "x-a"] }, "expose[1]: is the same as [0]"],
  ])("cors %j", (cors, message) => {
    const found = ofRoute({ cors });
    expect(found).toEqual([expect.stringContaining(message)]);
    expect(found[0]).toContain("services.a.routes[0].cors.");
  });

  test.each<[object, string]>([
    [{ image: { repository: "r.io/X", tag: "1" } }, "image.repository: "],
    [{ image: { repository: "https://r.io/x", tag: "1" } }, "image.repository: "],
    [{ image: { repository: "r.io/x:1", tag: "1" } }, "image.repository: "],
    [{ image: { repository: "r.io:70000/x", tag: "1" } }, "image.repository: "],
    [{ image: { repository: "x", tag: ".1" } }, "image.tag: "],
    [{ image: { repository: "x", tag: "a/b" } }, "image.tag: "],
    [{ image: { repository: "x", tag: "a".repeat(129) } }, "image.tag: "],
    [{ repository: "javascript:alert(1)" }, "repository: must be the address of a git repository"],
    [{ user: "0" }, "user: must not be root"],
    [{ user: "4294967296" }, "user: must be uid or uid:gid"],
    [{ user: "007" }, "user: must be uid or uid:gid"],
    [{ memoryMiB: 1e9 }, "memoryMiB: "],
    [{ memoryMiB: 1 }, "memoryMiB: "],
    [{ stopGraceSeconds: 1e9 }, "stopGraceSeconds: "],
    [{ health: { probe: { tcp: true }, tool: "none", startupSeconds: 1e9 } }, "health.startupSeconds: "],
    [{ health: { probe: { http: "x" }, tool: "wget" } }, "health.probe.http: must be an absolute path"],
    [
      { health: { probe: { http: "/x y" }, tool: "wget" } },
      "health.probe.http: must be a path without blanks",
    ],
    [{ health: { probe: { http: "/a?b" }, tool: "wget" } }, 'write "/a"'],
    [{ replicas: { max: 1e6, why: "a" } }, "replicas.max: "],
    [{ replicas: { max: 1, why: " " } }, "replicas.why: "],
    [{ renamedFrom: ["b", "b"] }, "renamedFrom[1]: is the same as [0]"],
    [{ renamedFrom: ["B_c"] }, 'write "b-c"'],
    [{ port: 9464 }, "port: 9464 is already the port of the gateway's metrics"],
    [{ port: 9465 }, "port: 9465 is already the port of what watches"],
  ])("service %j", (change, message) => {
    const found = ofService(change);
    expect(found).toEqual([expect.stringContaining(message)]);
    expect(found[0]).toMatch(/^services\.a\./);
  });

  test.each<[Record<string, string>, string]>([
    [{ KEY: "a\0b" }, "env.KEY: has the control character \\u0000"],
    [{ KEY: "a\u0007" }, "env.KEY: has the control character"],
    [{ KEY: "a".repeat(131_072) }, "env.KEY: is longer than 128 KiB"],
    [{ KEY: " " }, "env.KEY: is empty"],
    [{ key: "a" }, "env.key: is not a portable variable name"],
    [{ "A=B": "a" }, "env.A=B: is not a portable variable name"],
    [{ "A\nB": "a" }, "is not a portable variable name"],
  ])("env %j", (env, message) =>
    expect(ofService({ env: () => env })).toEqual([expect.stringContaining(message)]),
  );

  test("a service's name leaves room for what is called after it", () => {
    const name = "a".repeat(49);
    const volumes = [{ name: "v", path: "/v" }];
    const kafka = { reconnects: false };
    expect(words(refused({ [name]: { ...plain, needs: { volumes } } }))).toEqual([
      expect.stringContaining("at most 45 characters"),
    ]);
    expect(words(refused({ [name]: { ...plain, needs: { kafka } } }))).toEqual([
      expect.stringContaining("at most 48 characters"),
    ]);
    expect(
      refused({
        [name]: plain,
        ["a".repeat(45)]: {
          ...plain,
          port: 7001,
          routes: [],
          health: { probe: { tcp: true }, tool: "wget" },
          needs: { volumes },
        },
      }),
    ).toEqual([]);
    expect(words(refused({ A_b: plain }))).toEqual([expect.stringContaining("call it a-b")]);
  });
});

test("what is legal stays so", () => {
  expect(
    ofService({
      user: "10001:0",
      repository: "git@example.org:a/b.git",
      routes: [
        {
          prefix: "/x/.well-known",
          deny: ["/a/"],
          cors: { origins: ["https://a_b.example.org:8443", "capacitor://localhost", "http://[::1]:5173"] },
        },
      ],
      needs: {
        postgres: { database: "d", extensions: ["uuid-ossp", "postgis"] },
        mongo: {
          database: "m",
          indexes: [
            {
              collection: "a.b_c",
              keys: [
                ["a.b", 1],
                ["_id", -1],
              ],
            },
          ],
        },
        volumes: [{ name: "v", path: "/var/lib/a+b" }],
      },
      env: () => ({ PEM: "-----BEGIN\n\tx\r\n" }),
    }),
  ).toEqual([]);
});

test("routes have names of their own, whatever services and prefixes are called", () => {
  const route = (prefix: string) => ({ prefix });
  const platform = defined({
    a: { ...plain, routes: [route("/a"), route("/b/c"), route("/b-c")] },
    "a-b-c": { ...plain, port: 7001, routes: [route("/d")] },
  });
  const names = routeTable(platform as never).services.map(({ name }) => name);
  expect(names).toEqual(["a", "a-b-c-2", "a-b-c-3", "a-b-c"]);
});
