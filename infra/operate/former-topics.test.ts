import { expect, test } from "vitest";
import type { PlatformModel } from "../../config/define/model.ts";
import { platform as real } from "../../config/platform.ts";
import { parseSettings } from "../../config/settings/parse.ts";
import { workloadsOf } from "../workloads/plan.ts";
import { fewerPartitions } from "./former-topics.ts";
import type { StateResource } from "./stack-state.ts";

const platform: PlatformModel = real;
const [name = ""] = Object.keys(platform.topics);
const withPartitions = (partitions: number): PlatformModel => ({
  ...platform,
  topics: { ...platform.topics, [name]: { ...platform.topics[name], replicationFactor: 1, partitions } },
});

/** What the last run left of the provisioner, as the workload itself has it. @param suffix of the names in a cluster. */
function left(target: "docker" | "kubernetes", partitions: number, suffix = "a"): StateResource {
  const settings = parseSettings({ "platform:target": target });
  const id = "beat-prod";
  const all = workloadsOf(
    withPartitions(partitions),
    settings.target === "docker"
      ? { kind: "engine", settings, id, waitsForExit: false }
      : { kind: "cluster", settings, id, memberHost: (workload, member) => `${workload}-${member}` },
  );
  const { directory, files } = all.find((each) => each.name === "provision-kafka")?.files[0] ?? {};
  const plan = files?.["plan.json"]?.render(() => "");
  return target === "docker"
    ? {
        urn: "urn:pulumi:prod::beat::docker:index/container:Container::provision-kafka",
        type: "docker:index/container:Container",
        outputs: { uploads: [{ file: `${directory}/plan.json`, content: plan }] },
      }
    : {
        urn: "urn:pulumi:prod::beat::kubernetes:core/v1:ConfigMap::provision-kafka",
        type: "kubernetes:core/v1:ConfigMap",
        outputs: { metadata: { name: `provision-kafka-${suffix}` }, data: { "plan.json": plan } },
      };
}

/** The job that was given the plan of that name. */
const job = (suffix: string, status: object, more: Partial<StateResource> = {}): StateResource => ({
  urn: "urn:pulumi:prod::beat::kubernetes:batch/v1:Job::provision-kafka",
  type: "kubernetes:batch/v1:Job",
  outputs: {
    spec: {
      template: { spec: { volumes: [{ name: "x" }, { configMap: { name: `provision-kafka-${suffix}` } }] } },
    },
    status,
  },
  ...more,
});
const done = (suffix: string, minute = 0, more: Partial<StateResource> = {}) =>
  job(suffix, { succeeded: 1, completionTime: `2026-11-28T12:0${minute}:00Z` }, more);
const gone = { delete: true } as const;

test.each(["docker", "kubernetes"] as const)(
  "fewer partitions than the last run made on %s are refused",
  (target) => {
    expect(fewerPartitions(withPartitions(2), [left(target, 3), done("a")])).toEqual([
      {
        path: `topics.${name}.partitions`,
        message: "2, and the topic has 3: Kafka takes none away",
        fix: expect.stringMatching(/^declare 3; or declare a topic of another name/),
      },
    ]);
    for (const partitions of [3, 4])
      expect(fewerPartitions(withPartitions(partitions), [left(target, 3), done("a")])).toEqual([]);
  },
);

test("nothing is known of a new stack, of a topic that was not there, and of a plan that nobody can read", () => {
  expect(fewerPartitions(withPartitions(1), [])).toEqual([]);
  const unreadable = {
    ...left("docker", 3),
    outputs: { uploads: [{ file: "/run/plan.json", content: "{" }] },
  };
  expect(fewerPartitions(withPartitions(1), [unreadable])).toEqual([]);
});

test("a plan counts that was carried out, whatever a run left that failed", () => {
  const told = (partitions: number, state: readonly StateResource[]) =>
    fewerPartitions(withPartitions(partitions), state).map(({ message }) => message);
  // The job of the new plan failed before Kafka had it, at the first run, and after one that was carried out.
  expect(told(3, [left("kubernetes", 6), job("a", { failed: 1 })])).toEqual([]);
  expect(told(3, [left("kubernetes", 6)])).toEqual([]);
  const replaced = [left("kubernetes", 6, "b"), { ...left("kubernetes", 3), ...gone }];
  expect(told(3, [...replaced, job("b", { failed: 1 }), done("a", 0, gone)])).toEqual([]);
  expect(told(2, [...replaced, done("a")])).toEqual(["2, and the topic has 3: Kafka takes none away"]);
  // It was carried out, and what it replaces is not taken away yet.
  expect(told(3, [...replaced, done("b", 1), done("a", 0, gone)])).toEqual([
    "3, and the topic has 6: Kafka takes none away",
  ]);
  expect(told(3, [left("docker", 6), { ...left("docker", 3), ...gone }])).toHaveLength(1);
  expect(told(3, [{ ...left("docker", 6), ...gone }])).toEqual([]);
  expect(told(3, [{ ...left("docker", 6), initErrors: ["it is unhealthy"] }])).toEqual([]);
});
