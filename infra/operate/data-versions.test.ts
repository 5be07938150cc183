import { expect, test } from "vitest";
import type { PlatformModel } from "../../config/define/model.ts";
import { platform as real } from "../../config/platform.ts";
import { parseSettings } from "../../config/settings/parse.ts";
import { type StoreKind, storeHosts } from "../../stores/index.ts";
import { dataVersionProblems } from "./data-versions.ts";
import type { StateResource } from "./stack-state.ts";

const platform: PlatformModel = real;
const urn = (type: string, name: string) => `urn:pulumi:dev::beat::${type}::${name}`;

/** What an engine's stack has left in its state of a store. */
const onEngine = (store: StoreKind, reference: string): StateResource[] => {
  const [image, container] = ["docker:index/remoteImage:RemoteImage", "docker:index/container:Container"];
  return [
    { type: image, urn: urn(image, "any"), outputs: { name: reference, imageId: "sha256:1" } },
    { type: image, urn: urn(image, "other"), outputs: { name: "busybox:1", imageId: "sha256:2" } },
    { type: container, urn: urn(container, storeHosts[store]), outputs: { image: "sha256:1" } },
  ];
};
/** And a cluster's. */
const onCluster = (store: string, reference: string): StateResource[] => {
  const type = "kubernetes:apps/v1:StatefulSet";
  const spec = { template: { spec: { containers: [{ image: reference }] } } };
  return [{ type, urn: urn(type, store), outputs: { metadata: { name: store }, spec } }];
};

const problems = (
  target: "docker" | "kubernetes",
  state: readonly StateResource[],
  overrides: Readonly<Record<string, object>>,
  more: Readonly<Record<string, unknown>> = {},
): string[] =>
  dataVersionProblems(
    platform,
    parseSettings(
      Object.fromEntries(
        Object.entries({ target, environment: "Development", images: { overrides }, ...more }).map(
          ([key, value]) => [`platform:${key}`, JSON.stringify(value)],
        ),
      ),
    ),
    state,
  ).map(({ path, message, fix }) => `${path}: ${message} | ${fix}`);

const cases = [
  ["postgres", "postgis/postgis:17-3.5", { tag: "18-3.6" }, /does not read what one of version 17 wrote/],
  ["postgres", "postgis/postgis:18-3.6", { tag: "17-3.5" }, /does not read what one of version 18 wrote/],
  ["postgres", "postgis/postgis:17-3.5", { tag: "17-3.6" }, undefined],
  ["postgres", "postgis/postgis:17-3.5", { reference: "own/pg:18" }, /17-3.5 and would be own\/pg:18/],
  ["mongo", "mongo:7.0", { tag: "8.0" }, undefined],
  ["mongo", "mongo:6.0", { tag: "8.0" }, /must go through version 7 first/],
  ["mongo", "mongo:8.0", { tag: "7.0" }, /not read by version 7, which is older/],
  ["redis", "redis:7.4-alpine", { tag: "8.0-alpine" }, undefined],
  ["redis", "redis:8.0-alpine", { tag: "7.4-alpine" }, /which is older/],
  ["kafka", "apache/kafka:4.0.1", { tag: "4.3.1" }, undefined],
  ["kafka", "apache/kafka:4.3.1", { tag: "4.3.0" }, undefined],
  ["kafka", "apache/kafka:4.3.1", { tag: "4.0.1" }, /what version 4.3 wrote is not read by version 4.0/],
  ["kafka", "apache/kafka:4.3.1", { tag: "3.9.1" }, /what version 4 wrote is not read by version 3/],
  ["redis", "redis:8.2-alpine", { tag: "8.0-alpine" }, undefined],
  // Nobody knows what these are.
  ["kafka", "apache/kafka:4.3.1", { tag: "4" }, undefined],
  ["postgres", "own/pg:stable", { tag: "18-3.6" }, undefined],
  ["postgres", "postgis/postgis:17-3.5", { reference: `own/pg@sha256:${"a".repeat(64)}` }, undefined],
] as const;

test.each(cases)("%s that ran as %s, and now %j", (store, before, override, wanted) => {
  for (const [target, state] of [
    ["docker", onEngine(store, before)],
    ["kubernetes", onCluster(store, before)],
  ] as const) {
    const found = problems(target, state, { [store]: override });
    if (wanted === undefined) expect(found).toEqual([]);
    else {
      expect(found[0]).toContain(`'platform:images.overrides.${store}.reference' ${before}; `);
      expect(found).toHaveLength(1);
      expect(found[0]).toMatch(wanted);
      expect(found[0]).toContain(`platform:images.overrides.${store}: `);
    }
  }
});

test("a stack for development that ran Redis Stack 7.4 goes on with Redis 8, and not back", () => {
  const tools = { devTools: true };
  expect(problems("docker", onEngine("redis", "redis/redis-stack:7.4.0-v8"), {}, tools)).toEqual([]);
  expect(
    problems(
      "docker",
      onEngine("redis", "redis:8.0-alpine"),
      { redis: { reference: "redis/redis-stack:7.4.0-v8" } },
      tools,
    ),
  ).toEqual([expect.stringMatching(/which is older/)]);
});

test("a new stack, and a store that somebody else runs, have nothing to lose here", () => {
  expect(problems("docker", [], { postgres: { tag: "18-3.6" } })).toEqual([]);
  const outside = { external: { postgres: { host: "db.example.org" } } };
  expect(
    problems(
      "kubernetes",
      onCluster("postgres", "postgis/postgis:17-3.5"),
      { postgres: { tag: "18-3.6" } },
      outside,
    ),
  ).toEqual([]);
});
