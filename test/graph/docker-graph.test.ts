import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { program, projectRoot } from "../../stacks/program.ts";
import { type Registered, register } from "./mocks.ts";

/** The configuration of a stack as the CLI hands it over: texts. */
function configOf(stack: string): Record<string, string> {
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

interface ContainerInputs {
  readonly name: string;
  readonly envs: readonly string[];
  readonly shmSize?: number;
  readonly memory: number;
  readonly memorySwap: number;
  readonly destroyGraceSeconds: number;
  readonly restart: string;
  readonly waitTimeout: number;
  readonly ports: readonly { readonly ip: string; readonly external: number }[];
  readonly healthcheck?: {
    readonly tests: readonly string[];
    readonly interval: string;
    readonly startInterval: string;
  };
  readonly labels: readonly { readonly label: string }[];
  readonly networksAdvanced: readonly { readonly aliases: readonly string[] }[];
  readonly uploads: readonly { readonly file: string; readonly content: string }[];
}

const dev = await register("dev", configOf("dev"), program);
const containers = (all: readonly Registered[]) =>
  new Map(
    all
      .filter(({ type }) => type === "docker:index/container:Container")
      .map(({ name, inputs }) => [name, inputs as unknown as ContainerInputs]),
  );
const of = (all: readonly Registered[], type: string) =>
  all
    .filter((resource) => resource.type.includes(type))
    .map(({ name }) => name)
    .sort();

test("consumers are watched in a stack without developer tools, too", async () => {
  const plain = await register("plain", { ...configOf("dev"), "platform:devTools": "false" }, program);
  const names = [...containers(plain).keys()];
  expect(names).toContain("consumer-watch-auth-service");
  expect(names).not.toContain("mongo-express");
});

test("dev has every container, volume and secret, and each one once", () => {
  expect([...containers(dev).keys()].sort()).toEqual([
    "auth-service",
    "consumer-watch-auth-service",
    "consumer-watch-messaging-service",
    "core-service",
    "gateway",
    "kafka-b",
    "messaging-service",
    "mongo",
    "mongo-express",
    "postgres",
    "provision-kafka",
    "provision-mongo",
    "provision-postgres",
    "redis",
  ]);
  expect(of(dev, "Volume")).toEqual([
    "core-public",
    "kafka-data",
    "mongo-config",
    "mongo-data",
    "postgres-data",
    "redis-data",
  ]);
  expect(of(dev, "Stash")).toHaveLength(8);
  expect(new Set(dev.map(({ type, name }) => `${type} ${name}`)).size).toBe(dev.length);
});

test.each([...containers(dev)])("%s keeps the rules of every container", (name, inputs) => {
  expect(inputs.name).toBe(`beat-ecoprove-dev-${name}`);
  // Unequal values show a difference for ever.
  expect(inputs.memory).toBe(inputs.memorySwap);
  // Without it the engine kills at once.
  expect(inputs.destroyGraceSeconds).toBeGreaterThan(0);
  expect(inputs.healthcheck?.tests.length).toBeGreaterThan(1);
  expect(inputs.restart).toBe(name.startsWith("provision-") ? "no" : "unless-stopped");
  expect(inputs.labels).toHaveLength(2);
  expect(inputs.networksAdvanced[0]?.aliases).toContain(name);
  for (const { ip } of inputs.ports) expect(ip).toBe("127.0.0.1");
});

test("once it is ready nothing is probed more than once in ten seconds, where the engine has a start interval", () => {
  const rests = [...containers(dev).values()].map(({ healthcheck }) =>
    Number.parseInt(healthcheck?.interval ?? "0", 10),
  );
  expect(Math.min(...rests)).toBeGreaterThanOrEqual(10);
  for (const { healthcheck } of containers(dev).values())
    expect(healthcheck?.startInterval).toMatch(/^([123]s|500ms)$/);
});

test("the gateway, which starts beside the services, is given as long as the slowest of them", () => {
  const patience = (name: string) => containers(dev).get(name)?.waitTimeout ?? 0;
  for (const service of ["auth-service", "core-service", "messaging-service"])
    expect(patience("gateway")).toBeGreaterThanOrEqual(patience(service));
});

test("no provisioning plan carries a password, and the topics are the five real ones", () => {
  const plan = (name: string) => {
    const text = containers(dev)
      .get(name)
      ?.uploads.find(({ file }) => file === "/run/plan.json")?.content;
    return JSON.parse(text ?? "null") as {
      topics: { name: string }[];
      databases: { name: string; owner: string; extensions: string[] }[];
    };
  };
  expect(plan("provision-kafka").topics.map(({ name }) => name)).toEqual([
    "auth_events",
    "messaging_chat_events",
    "messaging_events",
    "messaging_events_email",
    "messaging_notifications_events",
  ]);
  expect(plan("provision-postgres").databases).toEqual([
    { name: "auth_service", owner: "auth_service", extensions: [] },
    { name: "core_service", owner: "core_service", extensions: ["postgis", "postgis_topology"] },
    { name: "messaging_service", owner: "messaging_service", extensions: [] },
  ]);
  expect(JSON.stringify(plan("provision-postgres"))).not.toMatch(/[A-Za-z0-9]{64}/);
});

test("Postgres has memory to share", () => {
  expect(containers(dev).get("postgres")).toMatchObject({ shmSize: 256 });
});

test("kafka advertises its service name inside and localhost outside", () => {
  expect(containers(dev).get("kafka-b")?.envs).toContain(
    "KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://kafka-b:9092,EXTERNAL://localhost:9094",
  );
});

describe("prod on one machine", async () => {
  const all = await register("prod-docker", configOf("prod-docker"), program);
  const prod = containers(all);

  test("publishes the gateway alone and has no developer tools", () => {
    expect([...prod.keys()].filter((name) => /express|redis-ui/.test(name))).toEqual([]);
    expect([...prod].filter(([, { ports }]) => ports.length > 0).map(([name]) => name)).toEqual(["gateway"]);
    expect(
      all.find(({ type, name }) => type.includes("Container") && name === "redis")?.inputs.image,
    ).toMatch(/redis-8/);
  });

  test("hands each service the variables that dev does", () => {
    const names = (of: Map<string, ContainerInputs>, name: string) =>
      of.get(name)?.envs.map((entry) => entry.split("=", 1)[0]);
    for (const service of ["auth-service", "core-service", "messaging-service"])
      expect(names(prod, service)).toEqual(names(containers(dev), service));
  });

  test("keeps the data of every store and core's pictures in volumes", () => {
    expect(of(all, "Volume")).toEqual([
      "backups",
      "core-public",
      "kafka-data",
      "mongo-config",
      "mongo-data",
      "postgres-data",
      "redis-data",
    ]);
  });

  test.each([...prod])("%s restarts by itself and has a limit of memory", (name, inputs) => {
    expect(inputs.restart).toBe(name.startsWith("provision-") ? "no" : "unless-stopped");
    expect(inputs.memory).toBeGreaterThan(0);
    expect(inputs.memory).toBe(inputs.memorySwap);
  });
});

test("with platform:engine every resource goes through a provider of that address", async () => {
  const engine = "unix:///run/podman/podman.sock";
  const all = await register("dev", { ...configOf("dev"), "platform:engine": engine }, program);
  expect(all.find(({ type }) => type === "pulumi:providers:docker")?.inputs.host).toBe(engine);
  const docker = all.filter(({ type }) => type.startsWith("docker:"));
  expect(docker.filter(({ provider }) => !provider.includes("::engine::"))).toEqual([]);
  expect(docker.length).toBeGreaterThan(20);
});

test("wrong settings stop the program before anything is registered, with the text alone", async () => {
  const registered = await register("dev", { "platform:portz": "1" }, () =>
    expect(program()).rejects.toThrow("platform:portz: is not a setting"),
  );
  expect(registered).toEqual([]);
  for (const target of ["docker", "kubernetes"]) {
    const settings = { "platform:target": target, "platform:generateSecrets": "false" };
    const missing = await register("dev", settings, () =>
      expect(program()).rejects.toThrow(
        /platform:secrets.postgres-admin: is missing[\s\S]*platform:signingKey: is missing/,
      ),
    );
    expect(missing).toEqual([]);
  }
});
