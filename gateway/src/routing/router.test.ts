import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PlatformModel } from "../../../config/define/model.ts";
import { platform } from "../../../config/platform.ts";
import { routeTable } from "../../../config/routes.ts";
import { parseRouteTable } from "./parse.ts";
import { compileRouter, repairLocation } from "./router.ts";

const table = parseRouteTable(routeTable(platform as unknown as PlatformModel));
const route = compileRouter(table);
const to = (target: string): string => {
  const decision = route(target);
  return "refuse" in decision ? String(decision.refuse) : `${decision.route.host} ${decision.target}`;
};

describe("routing", () => {
  test.each([
    ["/auth/account/token?x=1", "auth-service /api/v1/account/token?x=1"],
    ["/auth/api/v1/users/profile", "auth-service /api/v1/users/profile"],
    ["/auth/.well-known/jwks.json", "auth-service /.well-known/jwks.json"],
    ["/auth", "auth-service /api/v1"],
    ["/auth/", "auth-service /api/v1/"],
    ["/auth?x", "auth-service /api/v1?x"],
    ["/auth/swagger/doc.json?v=1", "auth-service /swagger/doc.json?v=1"],
    ["/auth/swaggerx", "auth-service /api/v1/swaggerx"],
    ["/auth/apix", "auth-service /api/v1/apix"],
    ["/authors", "404"],
    ["/AUTH/x", "404"],
    ["/core/health", "core-service /api/v1/health"],
    ["/core/public/cloth/a.png", "core-service /public/cloth/a.png"],
    ["/core/public/adverts", "core-service /api/v1/public/adverts"],
    ["/public/cloth/a.png", "core-service /public/cloth/a.png"],
    ["/messaging/swagger/index.html", "messaging-service /swagger/index.html"],
    ["/socket/websocket?token=T&vsn=2.0.0", "messaging-service /socket/websocket?token=T&vsn=2.0.0"],
    ["/core/a%20b/%C3%A9", "core-service /api/v1/a%20b/%C3%A9"],
    ["/core/a..b/.well/...", "core-service /api/v1/a..b/.well/..."],
    ["/core/a%2eb/%2ewell", "core-service /api/v1/a%2eb/%2ewell"],
    ["/", "404"],
  ])("%s goes to %s", (target, expected) => expect(to(target)).toBe(expected));

  test.each([
    "/auth/account/groups/permissions",
    "/auth/api/v1/account/groups/permissions",
    "/auth/account/groups/permissions/",
    "/auth/account/groups/Permissions?x",
    "/auth/account/groups/%70ermissions",
    "/auth/account//groups/permissions",
    "/auth/account/groups/permissions;x=1",
    "/auth/account/groups/%70ermissions/%ff",
    "/auth/account;x%2fy/groups/permissions",
  ])("%s is never exposed", (target) => expect(to(target)).toBe("404"));

  test.each([
    "/auth/../core",
    "/auth/%2e%2e/core",
    "/auth/..%2fcore",
    "/auth/.%2E/x",
    "/auth/..\\x",
    "/auth/..%5cx",
    "/auth/..;/x",
    "/auth/x/..",
    "/auth/./x",
    "/auth/x/.",
    "/auth/..%3b/x",
    "/auth/x%2f..",
    "/auth/x%5c..",
    "/auth/x%5cy",
    "/auth/x\\y",
    "/auth/x y",
    "/auth/x#y",
    "/auth/x%00",
    "//evil/auth",
    "/auth//x/swagger\u0001",
    "/auth/x?a=\u0001",
    "/auth/x?a#b",
    "auth",
  ])("%s is refused", (target) => expect(to(target)).toBe("400"));

  test("whatever is asked, an upstream sees a clean absolute path and the whole query", () => {
    const piece = fc.constantFrom(
      "/",
      ".",
      "..",
      "%2e",
      "%2f",
      "%5c",
      "\\",
      ";",
      "auth",
      "core",
      "api",
      "swagger",
      "a",
      "%41",
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 12 }),
        fc.string({ unit: fc.constantFrom("a", "=", "&", "?", "%", "/") }),
        (pieces, query) => {
          const decision = route(`/auth/${pieces.join("")}?${query}`);
          if ("refuse" in decision) return;
          const [path = ""] = decision.target.split("?", 1);
          expect(path).toMatch(/^\/(?!\/)/);
          expect(decodeURIComponent(path).split(/[/\\]/)).not.toContain("..");
          expect(decision.target.slice(path.length)).toBe(`?${query}`);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe("prefixes below one another", () => {
  const service = (prefix: string, more = {}) => ({
    ...{ name: prefix.slice(1).replaceAll("/", "-"), host: "h", port: 1, prefix, strip_prefix: true },
    ...more,
  });
  const nested = compileRouter(
    parseRouteTable({
      services: [service("/a"), service("/a/b/c"), service("/a/b", { strip_prefix: false })],
    }),
  );
  test.each([
    ["/a/x", "a /x"],
    ["/a/bc", "a /bc"],
    ["/a/b", "a-b /a/b"],
    ["/a/b/x", "a-b /a/b/x"],
    ["/a/b/c/x", "a-b-c /x"],
    ["/a/b/c", "a-b-c /"],
    // What is left must not look like another server's address.
    ["/a//evil/x", 400],
    ["/a/b//x", "a-b /a/b//x"],
  ])("%s goes to the longest: %s", (target, expected) => {
    const found = nested(target);
    expect("refuse" in found ? found.refuse : `${found.route.name} ${found.target}`).toBe(expected);
  });
});

describe("Location repair", () => {
  const auth = table.services[0] as (typeof table.services)[number];
  test.each([
    ["/swagger/index.html", "/auth/swagger/index.html"],
    ["/auth/x", "/auth/x"],
    ["/authors", "/auth/authors"],
    ["http://gw:9000/swagger?x", "http://gw:9000/auth/swagger?x"],
    ["http://other/swagger", "http://other/swagger"],
    ["//other/swagger", "//other/swagger"],
    ["index.html", "index.html"],
  ])("%s becomes %s", (location, expected) =>
    expect(repairLocation(auth, location, "gw:9000")).toBe(expected),
  );
});

describe("the routing table", () => {
  test.each([
    [{}, "services"],
    [{ services: [{}] }, "services[0].prefix"],
    [
      { services: [{ name: "a", host: "h", port: 99999, prefix: "/a", strip_prefix: true }] },
      "services[0].port: 99999",
    ],
    [
      { services: [1, 2].map(() => ({ name: "a", host: "h", port: 1, prefix: "/a", strip_prefix: true })) },
      "services[1].name",
    ],
  ])("%j is refused at %s", (json, at) => expect(() => parseRouteTable(json)).toThrow(at));
});
