import { afterAll, describe, expect, test } from "vitest";
import { values } from "../support/strict.ts";
import { suiteGateway } from "../support/suite.ts";
import { ok, Upstream } from "../support/upstream.ts";
import { expectForwarded, expectProblem, expectServed, get, head, onlyAnswer } from "../support/verdict.ts";

const auth = new Upstream();
const core = new Upstream();
const messaging = new Upstream();
const gateway = suiteGateway(async () => {
  for (const upstream of [auth, core, messaging]) await upstream.listen();
  const common = { host: "127.0.0.1", strip_prefix: true, api_version: 1 };
  return {
    slots: 4,
    routes: [
      {
        ...common,
        name: "auth",
        port: auth.port,
        prefix: "/auth",
        skip_prefix: ["/swagger", "/.well-known"],
        deny: ["/api/v1/account/groups/permissions"],
      },
      {
        ...common,
        name: "core",
        port: core.port,
        prefix: "/core",
        skip_prefix: ["/health", { path: "/public", suffixes: [".png"] }],
      },
      { ...common, name: "messaging", port: messaging.port, prefix: "/messaging", api_version: 2 },
      { ...common, name: "deeper", port: messaging.port, prefix: "/core/deeper" },
      { ...common, name: "kept", port: auth.port, prefix: "/kept", strip_prefix: false },
    ],
  };
});
afterAll(async () => {
  for (const upstream of [auth, core, messaging]) await upstream.close();
});

const upstreams = { auth, core, messaging };
const reset = () => {
  for (const upstream of [auth, core, messaging]) {
    for (const { socket } of upstream.connections) socket.destroy();
    upstream.connections.length = 0;
  }
};

describe("routing", () => {
  test.each([
    ["must", "prefix /core stripped, /api/v1 put in front", "/core/users", core, "/api/v1/users"],
    ["must", "prefix /auth goes to the auth upstream", "/auth/login", auth, "/api/v1/login"],
    ["must", "prefix /messaging goes to messaging", "/messaging/a", messaging, "/api/v2/a"],
    ["must", "the longest prefix wins", "/core/deeper/a", messaging, "/api/v1/a"],
    ["must", "a prefix that is kept passes unchanged", "/kept/a?b", auth, "/kept/a?b"],
    ["must", "skip prefix: no version put in front", "/auth/swagger/doc.json", auth, "/swagger/doc.json"],
    [
      "must",
      "skip prefix keeps the query",
      "/auth/swagger/doc.json?a=1&b=%20",
      auth,
      "/swagger/doc.json?a=1&b=%20",
    ],
    ["must", "a versioned path keeps the query", "/auth/a?x=/../y&z=?", auth, "/api/v1/a?x=/../y&z=?"],
    ["must", "an empty query stays", "/auth/a?", auth, "/api/v1/a?"],
    ["should", "/health skip matches /health", "/core/health", core, "/health"],
    ["should", "/health skip does not match /healthy", "/core/healthy", core, "/api/v1/healthy"],
    ["must", "a skip path with suffixes takes those only", "/core/public/a.png", core, "/public/a.png"],
    ["must", "other paths below it are API paths", "/core/public/adverts", core, "/api/v1/public/adverts"],
    ["must", "a rest that begins with /api passes as it is", "/core/api/v1/health", core, "/api/v1/health"],
    ["must", "/apix is not /api", "/core/apix", core, "/api/v1/apix"],
    ["should", "bare prefix /core", "/core", core, "/api/v1"],
    ["should", "bare prefix with a query", "/core?a", core, "/api/v1?a"],
    ["should", "prefix with a slash", "/core/", core, "/api/v1/"],
    [
      "must",
      "percent-escapes in the rest of the path kept",
      "/core/a%20b/%C3%A9%2Fx",
      core,
      "/api/v1/a%20b/%C3%A9%2Fx",
    ],
    ["must", "sub-delimiters kept", "/core/a;v=1/b,c:d@e!$&'()*+=~", core, "/api/v1/a;v=1/b,c:d@e!$&'()*+=~"],
  ] as const)(
    "%s: %s (original proxy routing.rs; RFC 3986)",
    async (_level, _name, asked, upstream, target) => {
      reset();
      expectServed(await gateway.exchange(get(asked)));
      expectForwarded(upstream, { target });
      for (const other of Object.values(upstreams))
        if (other !== upstream) expect(other.connections).toHaveLength(0);
    },
  );

  test.each([
    ["must", "/corex is not /core (segment boundary)", "/corex"],
    ["must", "unknown prefix", "/nothing/here"],
    ["must", "the root", "/"],
    ["should", "/CORE is not /core", "/CORE/a"],
    ["must", "a denied path", "/auth/account/groups/permissions"],
    ["must", "a denied path in its long spelling", "/auth/api/v1/account/groups/permissions"],
    ["must", "a denied path, escaped", "/auth/account/groups/%70ermissions?x"],
    ["must", "a denied path, slashes doubled", "/auth/account//groups/permissions/"],
    ["must", "a path below a denied one", "/auth/account/groups/permissions/1"],
    ["must", "a denied path beside an escape that is no UTF-8", "/auth/account/groups/%70ermissions;%ff"],
    ["must", "a denied path beside an escape that is none", "/auth/account/groups/%70ermissions/%zz%"],
    ["must", "a denied path with a path parameter", "/auth/account/groups;x/permissions;y"],
  ])("%s: %s: 404, no upstream touched (original proxy routing.rs)", async (_level, _name, asked) => {
    reset();
    const received = await gateway.exchange(get(asked));
    expectProblem(onlyAnswer(received), 404);
    for (const upstream of [auth, core, messaging]) expect(upstream.connections).toHaveLength(0);
  });

  test("must: status, reason, body and headers pass unchanged (RFC 9110 15)", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = ({ socket }) =>
      socket.write(
        'HTTP/1.1 418 I\'m a Teapot\r\nX-One: a, b\r\nETag: W/"1"\r\nContent-Length: 5\r\n\r\nshort',
      );
    const answer = onlyAnswer(await gateway.exchange(get(`${prefix}/x`)));
    expect(answer.startLine).toBe("HTTP/1.1 418 I'm a Teapot");
    expect(values(answer, "x-one")).toEqual(["a, b"]);
    expect(values(answer, "etag")).toEqual(['W/"1"']);
    expect(answer.body.toString()).toBe("short");
    expect(answer.framing).toBe("length");
  });

  test.each([201, 204, 206, 301, 304, 400, 404, 429, 500, 503])(
    "must: status %i of an upstream passes, with the body it may have (RFC 9110 15)",
    async (status) => {
      reset();
      const bodiless = status === 204 || status === 304;
      auth.answer = ({ socket }) =>
        socket.write(
          `HTTP/1.1 ${status} Fine\r\n${bodiless ? "" : "Content-Length: 2\r\n"}\r\n${bodiless ? "" : "hi"}`,
        );
      const answer = onlyAnswer(await gateway.exchange(get("/auth/a")));
      expect(answer.startLine).toBe(`HTTP/1.1 ${status} Fine`);
      expect(answer.body.toString()).toBe(bodiless ? "" : "hi");
      expect(values(answer, "transfer-encoding")).toEqual([]);
    },
  );

  test("must: a redirect of a stripped service gets its prefix back (design section 4)", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = ({ socket }) =>
      socket.write("HTTP/1.1 302 Found\r\nLocation: /swagger/index.html?a#b\r\nContent-Length: 0\r\n\r\n");
    const answer = onlyAnswer(await gateway.exchange(get(`${prefix}/x`)));
    expect(values(answer, "location")).toEqual([`${prefix}/swagger/index.html?a#b`]);
  });

  test("must: a redirect to another host stays as it is (design section 4)", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = ({ socket }) =>
      socket.write(
        "HTTP/1.1 302 Found\r\nLocation: https://elsewhere.example/a\r\nContent-Length: 0\r\n\r\n",
      );
    const answer = onlyAnswer(await gateway.exchange(get(`${prefix}/x`)));
    expect(values(answer, "location")).toEqual(["https://elsewhere.example/a"]);
  });

  test.each(["DELETE", "PATCH", "OPTIONS", "PROPFIND", "M-SEARCH"])(
    "must: method %s passes unchanged (RFC 9110 9)",
    async (method) => {
      reset();
      auth.answer = ok;
      expectServed(await gateway.exchange(head(method, "/auth/m")));
      expectForwarded(auth, { method, target: "/api/v1/m" });
    },
  );
});
