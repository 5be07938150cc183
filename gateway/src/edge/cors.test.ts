import { describe, expect, test } from "vitest";
import type { CorsPolicy } from "../../../config/route-table.ts";
import { Cors, isPreflight } from "./cors.ts";

const app = "https://app.example.org";
const fields = (flat: readonly string[] | undefined): Record<string, string> | undefined => {
  if (flat === undefined) return undefined;
  const out: Record<string, string> = {};
  for (let i = 0; i < flat.length; i += 2) {
    const name = (flat[i] as string).toLowerCase();
    expect(out, `${name} is doubled`).not.toHaveProperty(name);
    out[name] = flat[i + 1] as string;
  }
  return out;
};
const listed: CorsPolicy = {
  origins: [app, "http://localhost:5173"],
  credentials: true,
  max_age_seconds: 600,
};
const narrow: CorsPolicy = {
  origins: [app],
  methods: ["PUT"],
  headers: ["Authorization"],
  expose: ["ETag", "X-Request-ID"],
};
const every: CorsPolicy = { origins: ["*"] };

describe("preflight", () => {
  test.each<[string, CorsPolicy, string, string, string | undefined, boolean]>([
    ["a listed origin", listed, app, "DELETE", undefined, true],
    ["the other listed origin", listed, "http://localhost:5173", "PUT", "authorization, x-a", true],
    ["another port", listed, "http://localhost:5174", "GET", undefined, false],
    ["another scheme", listed, "http://app.example.org", "GET", undefined, false],
    ["an origin that begins like it", listed, "https://app.example.org.evil.net", "GET", undefined, false],
    ["the opaque origin", listed, "null", "GET", undefined, false],
    ["the star itself", listed, "*", "GET", undefined, false],
    ["a prototype's name", listed, "constructor", "GET", undefined, false],
    ["a method outside the default", listed, app, "PURGE", undefined, false],
    ["a method in lower case", listed, app, "put", undefined, false],
    ["a safelisted method that is not named", narrow, app, "POST", undefined, true],
    ["a method that is not named", narrow, app, "DELETE", undefined, false],
    ["a field that is named, in any case", narrow, app, "PUT", "AUTHORIZATION", true],
    ["a field that is not named", narrow, app, "PUT", "authorization,x-other", false],
    ["bytes that are no field names", listed, app, "PUT", "a\r\nSet-Cookie: x", false],
    ["any origin", every, "https://anyone.net", "PATCH", "x-a", true],
  ])("%s", (_what, policy, origin, method, headers, allowed) =>
    expect(new Cors(policy).preflight(origin, method, headers) !== undefined).toBe(allowed),
  );

  test("says exactly what is allowed, with credentials", () =>
    expect(fields(new Cors(listed).preflight(app, "PUT", "authorization,x-a"))).toEqual({
      "access-control-allow-origin": app,
      "access-control-allow-credentials": "true",
      "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
      "access-control-allow-headers": "authorization,x-a",
      "access-control-max-age": "600",
      vary: "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    }));

  test("names the fields of the policy rather than what was asked", () =>
    expect(fields(new Cors(narrow).preflight(app, "PUT", "authorization"))).toMatchObject({
      "access-control-allow-methods": "PUT",
      "access-control-allow-headers": "Authorization",
    }));

  test("is OPTIONS with an origin and a method, nothing less", () => {
    expect(isPreflight("OPTIONS", app, "PUT")).toBe(true);
    expect(isPreflight("GET", app, "PUT")).toBe(false);
    expect(isPreflight("OPTIONS", undefined, "PUT")).toBe(false);
    expect(isPreflight("OPTIONS", app, undefined)).toBe(false);
  });
});

describe("an answer", () => {
  const star = { "access-control-allow-origin": "*" };
  test.each<[string, CorsPolicy, string | undefined, object]>([
    [
      "to a listed origin",
      listed,
      app,
      { "access-control-allow-origin": app, "access-control-allow-credentials": "true" },
    ],
    ["to a stranger", listed, "https://evil.net", {}],
    ["to no origin", listed, undefined, {}],
    [
      "with fields to read",
      narrow,
      app,
      { "access-control-allow-origin": app, "access-control-expose-headers": "ETag, X-Request-ID" },
    ],
    ["to anyone", every, "https://anyone.net", star],
    ["to anyone without an origin", every, undefined, star],
    ["to anyone, never with credentials", { ...every, credentials: true }, app, star],
  ])("%s", (_what, policy, origin, expected) =>
    expect(fields(new Cors(policy).actual(origin))).toEqual(expected),
  );

  test.each<[CorsPolicy, string | undefined, string | undefined]>([
    [listed, undefined, "Origin"],
    [listed, "", "Origin"],
    [listed, "Accept-Encoding", "Accept-Encoding, Origin"],
    [listed, "Accept-Encoding, origin", "Accept-Encoding, origin"],
    [listed, "Origin,Accept", "Origin,Accept"],
    [listed, "X-Origin", "X-Origin, Origin"],
    [listed, "*", "*"],
    [every, undefined, undefined],
    [every, "Accept", "Accept"],
  ])("%j merges Vary %j into %j", (policy, upstream, expected) =>
    expect(new Cors(policy).vary(upstream)).toBe(expected),
  );
});
