import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addressesOf } from "../../config/addresses.ts";
import { definePlatform } from "../../config/define/define.ts";
import type { PlatformModel } from "../../config/define/model.ts";
import { requiredSecrets } from "../../config/environment.ts";
import { publicKeyName, signingKeyName } from "../../core/names.ts";
import type { Workload } from "../../core/workload.ts";
import { dockerSettings, kubernetesSettings } from "../../test/settings.ts";
import { workloadsOf } from "./plan.ts";
import type { Runtime } from "./runtime.ts";

/** What a service may ask for, as a definition writes it. */
const needs = fc.record(
  {
    postgres: fc.constant("postgres"),
    mongo: fc.constant("mongo"),
    redis: fc.constant("redis"),
    kafka: fc.boolean(),
    signingKey: fc.constant({ directory: "/app/keys/own" }),
    volume: fc.constant(true),
  },
  { requiredKeys: [] },
);
const services = fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-z][a-z0-9]{2,9}-service$/), needs), {
  minLength: 1,
  maxLength: 4,
  selector: ([name]) => name,
});

/** A platform with these services, each calling the one before it. */
function platformOf(
  list: readonly (readonly [string, typeof needs extends fc.Arbitrary<infer N> ? N : never])[],
): PlatformModel {
  const entries = list.map(([name, wanted], index) => [
    name,
    {
      image: { repository: name, tag: "1" },
      sample: "basic",
      port: 2000 + index,
      routes: [{ prefix: `/r${index}` }],
      health: { probe: { http: "/health" }, tool: "wget" },
      replicas: { max: 3, why: "a test" },
      needs: {
        ...(wanted.postgres && { postgres: { database: `db_${index}` } }),
        ...(wanted.mongo && { mongo: { database: `db_${index}` } }),
        ...(wanted.redis && { redis: {} }),
        ...(wanted.kafka !== undefined && {
          kafka: { publishes: ["t"], consumes: ["t"], group: `g${index}`, reconnects: wanted.kafka },
        }),
        ...(wanted.signingKey && { signingKey: wanted.signingKey }),
        ...(wanted.volume && { volumes: [{ name: `files-${index}`, path: "/files" }] }),
        calls: index === 0 ? [] : [list[index - 1]?.[0] ?? ""],
      },
      // biome-ignore lint/suspicious/noExplicitAny: whatever was asked for, all of it is used
      env: (refs: any) => ({
        PORT: refs.port,
        ...(refs.postgres && { PG: refs.postgres.password, PG_HOST: refs.postgres.host }),
        ...(refs.mongo && { MG: refs.mongo.password }),
        ...(refs.redis && { RD: refs.redis.host }),
        ...(refs.kafka && { KF: refs.kafka.port }),
        OWN: refs.secret("own"),
        ...Object.fromEntries(
          Object.keys(refs.calls).map((_, at) => [
            `CALL_${at}`,
            Object.values<{ host: string }>(refs.calls)[at]?.host,
          ]),
        ),
      }),
    },
  ]);
  const define = definePlatform as (input: object) => PlatformModel;
  return define({
    name: "p",
    stores: { postgres: {}, mongo: {}, redis: {}, kafka: {} },
    topics: { t: {} },
    services: Object.fromEntries(entries) as object,
    gateway: {},
  });
}

const engine: Runtime = {
  kind: "engine",
  settings: dockerSettings({ "platform:devTools": "true" }),
  id: "p-dev",
  waitsForExit: false,
};
const cluster = (config: Readonly<Record<string, string>>): Runtime => ({
  kind: "cluster",
  settings: kubernetesSettings(config),
  id: "p-prod",
  memberHost: (name, member) => `${name}-${member}.p`,
});
const runtimes: readonly Runtime[] = [
  engine,
  { ...engine, settings: dockerSettings(), waitsForExit: true },
  cluster({}),
  cluster({
    "platform:external": JSON.stringify({
      postgres: { host: "db" },
      redis: { host: "r" },
      kafka: { host: "k" },
    }),
  }),
];
/** Runs a check over many platforms, on every runtime. */
const always = (check: (workloads: Workload[], platform: PlatformModel, runtime: Runtime) => void) =>
  fc.assert(
    fc.property(services, (list) => {
      const platform = platformOf(list);
      for (const runtime of runtimes) check(workloadsOf(platform, runtime), platform, runtime);
    }),
    { numRuns: 60 },
  );

describe("the workloads of a platform (properties)", () => {
  test("have names and hosts of their own", () => {
    always((workloads) => {
      for (const of of ["name", "host"] as const)
        expect(new Set(workloads.map((workload) => workload[of])).size).toBe(workloads.length);
    });
  });

  test("come in an order in which each finds what it waits for", () => {
    always((workloads) => {
      const there = new Set<string>();
      for (const { name, host, dependsOn } of workloads) {
        for (const needed of dependsOn) expect([...there], `${name} waits for ${needed}`).toContain(needed);
        there.add(host);
      }
    });
  });

  test("have ports, volumes and folders that do not clash", () => {
    always((workloads) => {
      const published = workloads.flatMap(({ endpoints }) => endpoints.map((endpoint) => endpoint.published));
      const open = published.filter((port) => typeof port === "number");
      expect(new Set(open).size).toBe(open.length);
      for (const { name, endpoints, files, volumes, scratch = [] } of workloads) {
        const ports = endpoints.map(({ port }) => port);
        expect(new Set(ports).size, name).toBe(ports.length);
        const inPod = [...files.map(({ volume }) => volume), ...volumes, ...scratch].map((entry) =>
          typeof entry === "string" ? entry : entry.name,
        );
        expect(new Set(inPod).size, `${name}: ${inPod.join()}`).toBe(inPod.length);
      }
    });
  });

  test("refer to hosts that there are, and to secrets that the stack has", () => {
    always((workloads, platform, { settings }) => {
      const addresses = addressesOf(platform, settings);
      const secrets = [...requiredSecrets(platform, settings), signingKeyName, publicKeyName];
      for (const { env, files, sidecars = [] } of workloads) {
        const values = [
          ...Object.values(env),
          ...files.flatMap((set) => Object.values(set.files)),
          ...sidecars.flatMap((sidecar) => Object.values(sidecar.env)),
        ];
        for (const part of values.flatMap(({ parts }) => parts)) {
          if ("of" in part) expect(addresses.has(part.of), part.of).toBe(true);
          if (part.kind === "secret") expect(secrets).toContain(part.name);
        }
      }
    });
  });

  test("are what a stack's transform makes of them", () => {
    const made = workloadsOf(platformOf([["a-service", {}]]), engine, (workload) => ({
      ...workload,
      memoryMiB: workload.role === "store" ? 99 : workload.memoryMiB,
    }));
    expect(made.filter(({ role }) => role === "store").map(({ memoryMiB }) => memoryMiB)).toEqual([
      99, 99, 99, 99,
    ]);
    expect(made.find(({ role }) => role === "gateway")?.memoryMiB).not.toBe(99);
    const texts = workloadsOf(platformOf([["a-service", {}]]), engine, (workload) =>
      workload.role === "gateway"
        ? { ...workload, env: { ...workload.env, A: "b" as never, N: 1 as never } }
        : workload,
    ).find(({ role }) => role === "gateway");
    expect(Object.values(texts?.env ?? {}).map((value) => value.render(() => "?"))).toEqual(
      expect.arrayContaining(["b", "1"]),
    );
  });

  test.each<[string, (workload: Workload) => unknown, RegExp]>([
    ["nothing", () => undefined, /kafka-b: it gives undefined[\s\S]*return the workload/],
    ["a promise", async (workload) => workload, /it gives a promise/],
    ["a part of it", ({ name }) => ({ name }), /its role, host, image, .*is gone[\s\S]*\.\.\.workload/],
    [
      "another name",
      (workload) => ({ ...workload, name: "other" }),
      /it changes name, by which others know it/,
    ],
    ["another order", (workload) => ({ ...workload, dependsOn: ["x"] }), /it changes dependsOn/],
    [
      "an error",
      () => {
        throw new Error("no");
      },
      /it throws: no/,
    ],
    [
      "a change in place",
      (workload) => Object.assign(workload, { memoryMiB: 1 }),
      /it throws: Cannot assign to read only property 'memoryMiB'/,
    ],
  ])("refuse a transform that gives %s", (_what, transform, message) => {
    expect(() => workloadsOf(platformOf([["a-service", {}]]), engine, transform as never)).toThrow(message);
  });
});
