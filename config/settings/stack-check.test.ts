import { expect, test } from "vitest";
import type { PlatformModel } from "../define/model.ts";
import { defined, plain } from "../define/test-definition.ts";
import { platform as real } from "../platform.ts";
import { parseSettings } from "./parse.ts";
import { checkStack } from "./stack-check.ts";

const platform: PlatformModel = real;
const problems = (config: Readonly<Record<string, unknown>>): string[] =>
  checkStack(
    platform,
    parseSettings(
      Object.fromEntries(
        Object.entries(config).map(([key, value]) => [`platform:${key}`, JSON.stringify(value)]),
      ),
    ),
  ).map(({ path, message }) => `${path}: ${message}`);

test("a stack without faults has none", () => expect(problems({ source: "sample" })).toEqual([]));

test("more replicas than a service bears are refused with the reason", () => {
  expect(
    problems({
      target: "kubernetes",
      environment: "Development",
      source: "sample",
      services: {
        "core-service": { replicas: 2 },
        "auth-service": { autoscale: { min: 1, max: 4 } },
      },
    }),
  ).toEqual([
    "platform:services.auth-service.autoscale.max: 4 is more than the 1 that is safe: migrations take no lock at first boot; Redis holds one session per account",
    "platform:services.core-service.replicas: 2 is more than the 1 that is safe: uploads lie on a volume that one container writes",
  ]);
});

test("a service that the definition does not have is named, wherever it stands", () => {
  expect(
    problems({ services: { "cart-service": {} }, ports: { services: { "mail-service": 5000 } } }),
  ).toEqual([
    "platform:services.cart-service: the definition has no such service",
    "platform:ports.services.mail-service: the definition has no such service",
  ]);
});

test("a production cluster refuses a floating tag", () => {
  const config = { services: { "auth-service": { source: { image: "registry.example.org/auth:latest" } } } };
  expect(problems({ ...config, target: "kubernetes" })).toHaveLength(1);
  expect(problems(config)).toEqual([]);
});

test("an administrator of an external store that is a service's login, too, is refused; so is one that cannot be a login", () => {
  const outside = (adminUser: string) => ({
    target: "kubernetes",
    environment: "Development",
    source: "sample",
    external: { postgres: { host: "db.example.org", adminUser } },
  });
  expect(problems(outside("auth_service"))).toEqual([
    expect.stringMatching(
      /^platform:external\.postgres\.adminUser: "auth_service" is the login of auth-service, too/,
    ),
  ]);
  expect(problems(outside("root"))).toEqual([]);
  // Whatever the server took for a name.
  for (const name of ["db-admin", "boss@server", "x; touch /tmp/x", "it's"])
    expect(problems(outside(name))).toEqual([]);
  expect(() => problems(outside("a\nb"))).toThrow(/external\.postgres\.adminUser: must be 1 to 63 printable/);
});

test("a service that an engine cannot ask is refused in production, and taken in development and on a cluster", () => {
  const silent = defined({ mute: { ...plain, needs: {} } }, { stores: {} });
  const check = (config: Readonly<Record<string, string>>) =>
    checkStack(silent, parseSettings(config)).map(({ path, message }) => `${path}: ${message}`);
  expect(check({})).toEqual([
    expect.stringMatching(
      /^services\.mute\.health\.tool: is "none", so an engine cannot tell whether mute is up/,
    ),
  ]);
  expect(check({ "platform:environment": "Development" })).toEqual([]);
  expect(check({ "platform:target": "kubernetes", "platform:environment": "Development" })).toEqual([]);
});
