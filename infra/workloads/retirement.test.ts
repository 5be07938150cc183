import { expect, test } from "vitest";
import type { PlatformModel } from "../../config/define/model.ts";
import { platform as real } from "../../config/platform.ts";
import type { Workload } from "../../core/workload.ts";
import { storeOf } from "../../stores/index.ts";
import { anyStillRuns } from "../../stores/still-running.ts";
import { kubernetesSettings } from "../../test/settings.ts";
import { connectionsOf } from "./connections.ts";
import { workloadsOf } from "./plan.ts";

const platform: PlatformModel = real;
const memberHost = (name: string, member: number | string) => `${name}-${member}.invalid`;

function stackOf(kubernetes: object) {
  const settings = kubernetesSettings({
    "platform:kubernetes": JSON.stringify(kubernetes),
  });
  const workloads = workloadsOf(platform, { kind: "cluster", settings, id: "ns", memberHost });
  return {
    settings,
    workloads,
    named: (host: string) => workloads.find((workload) => workload.host === host),
  };
}

/** What the program of a workload is told. */
function planOf(workload: Workload | undefined): unknown {
  const [part] = workload?.files[0]?.files["plan.json"]?.parts ?? [];
  return JSON.parse(part?.kind === "text" ? part.text : "null");
}

test("before brokers go their records do: the set waits for the program that moves them, which reaches them", () => {
  const { settings, workloads, named } = stackOf({ kafka: { brokers: 1 } });
  expect(named("kafka-b")?.dependsOn).toContain("retire-kafka");
  expect(workloads[0]?.host).toBe("retire-kafka");
  const plan = planOf(named("retire-kafka"));
  expect(storeOf("kafka").provision?.schema.safeParse(plan).success).toBe(true);
  expect(plan).toMatchObject({
    step: "retire",
    own: {
      brokers: [0],
      minInSyncReplicas: 1,
      leaving: [
        { id: 1, host: "kafka-1.invalid" },
        { id: 2, host: "kafka-2.invalid" },
      ],
    },
  });
  expect(connectionsOf(platform, settings, workloads)).toContainEqual({
    from: "retire-kafka",
    to: "kafka-b",
    port: 9092,
  });
});

test("what has as many members as it may have has none to let go", () => {
  const { settings, workloads, named } = stackOf({ kafka: { brokers: 3 } });
  expect(workloads.filter(({ role }) => role === "retirement")).toEqual([]);
  expect(named("kafka-b")?.dependsOn).toEqual([]);
  expect(connectionsOf(platform, settings, workloads).map(({ from }) => from)).not.toContain("retire-kafka");
});

test("members that no name leads to have gone, and one that is there is enough", async () => {
  expect(await anyStillRuns([{ host: "mongo-1.invalid" }])).toBe(false);
  expect(await anyStillRuns([{ host: "mongo-1.invalid" }, { host: "localhost" }])).toBe(true);
});
