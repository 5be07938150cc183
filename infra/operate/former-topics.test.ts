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

/** What the last run left of the provisioner, as the workload itself has it. */
function left(target: "docker" | "kubernetes", partitions: number): StateResource {
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
        outputs: { data: { "plan.json": plan } },
      };
}

test.each(["docker", "kubernetes"] as const)(
  "fewer partitions than the last run made on %s are refused",
  (target) => {
    expect(fewerPartitions(withPartitions(2), [left(target, 3)])).toEqual([
      {
        path: `topics.${name}.partitions`,
        message: "2, and the topic has 3: Kafka takes none away",
        fix: expect.stringMatching(/^declare 3; or declare a topic of another name/),
      },
    ]);
    for (const partitions of [3, 4])
      expect(fewerPartitions(withPartitions(partitions), [left(target, 3)])).toEqual([]);
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
