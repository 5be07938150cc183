import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { brokenRules } from "../../policies/rules.ts";
import { program, projectRoot } from "../../stacks/program.ts";
import { register } from "./mocks.ts";
import { brokenRulesOf, graphOf } from "./policies.ts";

/** A stack as it is written down. */
function written(stack: string): Record<string, string> {
  const { config } = parse(readFileSync(`${projectRoot}/Pulumi.${stack}.yaml`, "utf8")) as {
    config: Record<string, unknown>;
  };
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}
const dev = written("dev");
const registered = await register("dev", dev, program);

test("dev on an engine keeps every rule", () => expect(brokenRulesOf(registered)).toEqual([]));

test("a production stack on an engine keeps every rule", async () => {
  const production = await register("prod-docker", written("prod-docker"), program);
  expect(production.map(({ name }) => name)).toContain("backup-postgres");
  expect(brokenRulesOf(production)).toEqual([]);
});

test("stores that are published to the network are named, each one", async () => {
  const open = { ...dev, "platform:devTools": "false", "platform:storesBind": "0.0.0.0" };
  const lines = brokenRulesOf(await register("dev", open, program));
  // Pulumi registers side by side, in no fixed order.
  expect(lines.map((line) => line.split(" (fix")[0]).sort()).toEqual([
    "stores-on-loopback: kafka-b publishes port 9094 on 0.0.0.0",
    "stores-on-loopback: mongo publishes port 27017 on 0.0.0.0",
    "stores-on-loopback: postgres publishes port 5432 on 0.0.0.0",
    "stores-on-loopback: redis publishes port 6379 on 0.0.0.0",
  ]);
});

describe.each<[string, string, object, string]>([
  ["a privileged container", "redis", { privileged: true }, "no-machine-access: redis is privileged"],
  [
    "the engine's socket",
    "gateway",
    { volumes: [{ hostPath: "/var/run/docker.sock" }] },
    "no-machine-access: gateway mounts /var/run/docker.sock of the machine",
  ],
  [
    "the machine's network",
    "gateway",
    { networkMode: "host" },
    "no-machine-access: gateway uses the machine's networkMode",
  ],
  ["no memory limit", "mongo", { memory: 0 }, "bounded-containers: mongo has no memory limit"],
  [
    "no restart policy",
    "core-service",
    { restart: "no" },
    "bounded-containers: core-service is not started again when it dies",
  ],
  [
    "no security option",
    "postgres",
    { securityOpts: [] },
    "bounded-containers: postgres may gain privileges",
  ],
  ["endless logs", "kafka-b", { logOpts: {} }, "bounded-containers: kafka-b writes logs without bound"],
  [
    "no health check",
    "auth-service",
    { healthcheck: undefined },
    "bounded-containers: auth-service has no health check",
  ],
  [
    "a password in a store's environment",
    "postgres",
    { envs: ["POSTGRES_PASSWORD=abc"] },
    "secrets-only-as-secrets: postgres POSTGRES_PASSWORD is a secret in plain text",
  ],
  [
    "a password in the environment of a store's page",
    "mongo-express",
    { envs: ["ME_CONFIG_MONGODB_ADMINPASSWORD=abc"] },
    "secrets-only-as-secrets: mongo-express ME_CONFIG_MONGODB_ADMINPASSWORD is a secret in plain text",
  ],
])("%s", (_what, name, change, line) => {
  test("is found, and nothing else", () => {
    const graph = graphOf(registered).map((resource) =>
      resource.name === name && resource.type.endsWith(":Container")
        ? { ...resource, props: { ...resource.props, ...change } }
        : resource,
    );
    expect(brokenRules(graph).map((broken) => broken.split(" (fix")[0])).toEqual([line]);
  });
});
