import { expect, test } from "vitest";
import { InputError } from "../../core/problems.ts";
import { dockerSettings, kubernetesSettings } from "../../test/settings.ts";
import { imageReference } from "../catalogue.ts";
import { parseSettings, refuseShownSecrets } from "./parse.ts";

const refusal = (config: Record<string, string>): string => {
  try {
    parseSettings(config);
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message;
  }
  return "accepted";
};

test("no configuration at all is a valid stack", () => {
  expect(parseSettings({ "other:key": "x" })).toMatchObject({
    target: "docker",
    bind: "127.0.0.1",
    devTools: false,
  });
});

test("values keep their types through Pulumi's texts", () => {
  const settings = dockerSettings({
    "platform:registry": "1234",
    "platform:devTools": "true",
    "platform:ports": '{"gateway":9100,"kafka":false}',
  });
  expect([settings.registry, settings.devTools, settings.ports.gateway, settings.ports.kafka]).toEqual([
    "1234",
    true,
    9100,
    false,
  ]);
});

test.each([
  [{ "platform:portz": "1" }, "platform:portz: is not a setting"],
  [{ "platform:cors": '["*"]' }, "platform:cors[0]: must be one origin"],
  [{ "platform:cors": '["http://localhost:5173/"]' }, "platform:cors[0]: must be an origin"],
  [{ "platform:ports": '{"gatewai":1}' }, "platform:ports.gatewai: is not a setting"],
  [{ "platform:ports": '{"gateway":"http"}' }, "platform:ports.gateway"],
  [{ "platform:ports": '{"gateway":5432}' }, "5432 is already the port of"],
  [{ "platform:target": "nomad" }, "platform:target"],
  [{ "platform:images": '{"overrides":{"kafka":{"tag":"a b"}}}' }, "platform:images.overrides.kafka.tag"],
])("refuses %j", (config, message) => {
  expect(refusal(config as Record<string, string>)).toContain(message);
});

test("a password that a connection string cannot carry is refused and not shown", () => {
  const message = refusal({ "platform:secrets": '{"postgres-admin":"pass@word99"}' });
  expect(message).toContain("platform:secrets.postgres-admin: must be 8 to 128 letters and digits");
  expect(message).not.toContain("pass@word99");
});

test("images can come from a mirror, with another tag, by digest, or from elsewhere", () => {
  const reference = (images: object) =>
    imageReference("kafka", parseSettings({ "platform:images": JSON.stringify(images) }).images);
  const digest = `sha256:${"0".repeat(64)}`;
  expect(reference({})).toBe("apache/kafka:4.3.1");
  expect(reference({ mirror: "reg.example.org/m" })).toBe("reg.example.org/m/apache/kafka:4.3.1");
  expect(reference({ overrides: { kafka: { tag: "4.1.0" } } })).toBe("apache/kafka:4.1.0");
  expect(reference({ overrides: { kafka: { digest } } })).toBe(`apache/kafka:4.3.1@${digest}`);
  expect(reference({ overrides: { kafka: { reference: "x/y:z" } } })).toBe("x/y:z");
});

test("an unknown key anywhere is told the keys there are", () => {
  const external = JSON.stringify({ redis: { host: "r.example.org", hostt: "x" } });
  expect(() => parseSettings({ "platform:target": "kubernetes", "platform:external": external })).toThrow(
    /platform:external\.redis\.hostt: is not a setting\n.*use one of host, port, cidr/,
  );
  expect(() => kubernetesSettings({ "platform:kubernetes": JSON.stringify({ mongo: { size: 1 } }) })).toThrow(
    /platform:kubernetes\.mongo\.size: is not a setting\n.*use one of members, volume, cpu/,
  );
});

test.each([
  ["external stores and a cluster's settings on an engine", {}, ["kubernetes", "external"]],
  [
    "published ports and tools on a cluster",
    { "platform:target": "kubernetes" },
    ["engine", "bind", "storesBind", "ports", "devTools"],
  ],
] as const)("%s are refused, not ignored", (_what, config, keys) => {
  const values: Record<string, string> = {
    engine: "unix:///x",
    bind: "127.0.0.1",
    storesBind: "127.0.0.1",
    devTools: "true",
  };
  for (const key of keys) {
    const given = { ...config, [`platform:${key}`]: values[key] ?? "{}" };
    expect(() => parseSettings(given)).toThrow(
      new RegExp(
        `platform:${key}: belongs to the target [^]*fix: remove it: pulumi config rm --path .*, or set platform:target`,
      ),
    );
  }
});

test("a service's setting that only a cluster has is refused on an engine", () => {
  const services = {
    "auth-service": {
      replicas: 2,
      nodeSelector: { disk: "ssd" },
      memoryMiB: 64,
      env: { LOG_LEVEL: "debug" },
    },
  };
  const parse = (target: string) =>
    parseSettings({ "platform:target": target, "platform:services": JSON.stringify(services) });
  expect(() => parse("docker")).toThrow(
    /^(?=[\s\S]*auth-service\.replicas: belongs to the target kubernetes)(?=[\s\S]*auth-service\.nodeSelector)(?![\s\S]*memoryMiB)(?![\s\S]*\.env)/,
  );
  expect(parse("kubernetes").services["auth-service"]).toMatchObject(services["auth-service"]);
});

test("a value that was set with --secret is refused where it would be shown", () => {
  expect(() => refuseShownSecrets(["platform:secrets", "platform:signingKey", "other:key"])).not.toThrow();
  expect(() => refuseShownSecrets(["platform:services", "platform:secrets"])).toThrow(
    /^(?=[\s\S]*platform:services: has a value that was set with --secret)(?![\s\S]*platform:secrets)/,
  );
});

test("the type of a target's settings has none of the other's", () => {
  const docker = dockerSettings();
  const kubernetes = kubernetesSettings();
  // @ts-expect-error a cluster's
  expect(docker.kubernetes).toBeUndefined();
  // @ts-expect-error an engine's
  expect(kubernetes.ports).toBeUndefined();
  // @ts-expect-error nobody knows whose they are
  expect(parseSettings({}).external).toBeUndefined();
  // @ts-expect-error a cluster's
  expect(docker.services["core-service"]?.replicas).toBeUndefined();
});
