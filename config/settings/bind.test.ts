import { expect, test } from "vitest";
import { clientHost, isLoopback } from "../../core/addresses.ts";
import { exposedStores } from "./bind.ts";
import { parseSettings } from "./parse.ts";

const off = Object.fromEntries(["postgres", "mongo", "redis", "kafka"].map((name) => [name, false]));
const open = (config: Readonly<Record<string, unknown>>) =>
  exposedStores(
    parseSettings(
      Object.fromEntries(
        Object.entries(config).map(([key, value]) => [
          `platform:${key}`,
          typeof value === "string" ? value : JSON.stringify(value),
        ]),
      ),
    ),
  ).map(({ path, message }) => `${path}: ${message}`);

test("stores within reach of other machines are refused outside of development, each port by name", () => {
  expect(
    open({ storesBind: "0.0.0.0", ports: { ...off, redis: 6379, services: { "core-service": 4000 } } }),
  ).toEqual([
    "platform:storesBind: 0.0.0.0 lets other machines reach ports.redis, ports.services.core-service, and the stack is not for development",
  ]);
  expect(open({ storesBind: "::" })).toHaveLength(1);
});

test("the gateway may be reached, a dev stack may do what it likes, and a port that is off is no matter", () => {
  expect(open({ bind: "0.0.0.0" })).toEqual([]);
  expect(open({ storesBind: "0.0.0.0", ports: off })).toEqual([]);
  expect(open({ storesBind: "10.0.0.4", environment: "Development" })).toEqual([]);
});

test.each([
  ["127.0.0.1", true],
  ["127.8.8.8", true],
  ["::1", true],
  ["0:0:0:0:0:0:0:1", true],
  ["::ffff:127.0.0.1", true],
  ["0.0.0.0", false],
  ["::", false],
  ["::11", false],
  ["10.0.0.1", false],
])("%s is loopback: %s", (address, expected) => expect(isLoopback(address)).toBe(expected));

test("an address stands in a URL as RFC 3986 wants it", () => {
  expect(["127.0.0.1", "0.0.0.0", "::1", "::", "10.0.0.4"].map(clientHost)).toEqual([
    "localhost",
    "localhost",
    "[::1]",
    "[::1]",
    "10.0.0.4",
  ]);
});

test.each(["localhost", "*", "0.0.0.0/0", "example.org", "[::1]", "127.1", "fe80::1%eth0", ""])(
  "bind and storesBind refuse %j",
  (text) => {
    for (const key of ["bind", "storesBind"])
      expect(() => parseSettings({ [`platform:${key}`]: text })).toThrow(`platform:${key}: must be an`);
  },
);
