import { expect, test } from "vitest";
import { dockerSettings } from "../../test/settings.ts";
import { parseSettings } from "./parse.ts";

const dev = { "platform:environment": "Development" };
const ports = (config: Readonly<Record<string, string>>, env: Readonly<Record<string, string>>) =>
  dockerSettings(config, env).ports;

test("the original's variables move a dev stack on an engine, and no other", () => {
  const env = { PROXY_HOST: "0.0.0.0", PROXY_PORT: "9001", POSTGRES_PORT: " 15432 " };
  expect(parseSettings(dev, env)).toMatchObject({
    bind: "0.0.0.0",
    storesBind: "127.0.0.1",
    ports: { gateway: 9001, postgres: 15432 },
  });
  for (const config of [{}, { "platform:environment": "Production" }])
    expect(parseSettings(config, env)).toEqual(parseSettings(config));
  expect(() => parseSettings({ ...dev, "platform:target": "kubernetes" }, env)).not.toThrow();
});

test("a port that the stack's file turns off stays off", () => {
  const off = { ...dev, "platform:ports": '{"postgres":false}' };
  expect(ports(off, { POSTGRES_PORT: "5432", REDIS_PORT: "16379" })).toMatchObject({
    postgres: false,
    redis: 16379,
  });
});

test.each(["tcp://10.96.12.7:6379", ""])("REDIS_PORT=%s stops nothing and sets nothing", (text) => {
  for (const config of [dev, {}, { "platform:environment": "Production" }])
    expect(ports(config, { REDIS_PORT: text }).redis).toBe(6379);
});

test.each([
  ["REDIS_PORT", "x", 'REDIS_PORT: "x" is not a port'],
  ["REDIS_PORT", "65536", 'REDIS_PORT: "65536" is not a port'],
  ["REDIS_PORT", "0", 'REDIS_PORT: "0" is not a port'],
  ["PROXY_HOST", "localhost", "PROXY_HOST: must be an address: engines read"],
  ["PROXY_HOST", "[::1]", "PROXY_HOST: must be an address without brackets"],
  ["PROXY_HOST", "fe80::1%eth0", "PROXY_HOST: must be an IP address"],
])("%s=%s is refused in dev with the variable's name", (variable, text, message) => {
  expect(() => parseSettings(dev, { [variable]: text })).toThrow(message);
});
