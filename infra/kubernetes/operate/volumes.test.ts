import type { V1Pod } from "@kubernetes/client-node";
import { expect, test } from "vitest";
import type { Cluster } from "./client.ts";
import { fullVolumes, volumePart, volumeUse } from "./volumes.ts";

const mebibyte = 2 ** 20;
const podOn = (nodeName: string): V1Pod => ({ spec: { nodeName, containers: [] } });
const clusterOf = (summaries: Readonly<Record<string, unknown>>): Cluster =>
  ({
    core: {
      connectGetNodeProxyWithPath: async ({ name }: { name: string }) => {
        if (summaries[name] === undefined) throw new Error("forbidden");
        return summaries[name];
      },
    },
  }) as unknown as Cluster;
const volume = (name: string, used: number, available: number, namespace = "beat") => ({
  usedBytes: used * mebibyte,
  availableBytes: available * mebibyte,
  pvcRef: { name, namespace },
});

test("volumes of the namespace are told once, with what may be used of them", async () => {
  const cluster = clusterOf({
    a: {
      pods: [
        { volume: [volume("data-redis-0", 10, 90), { name: "scratch", usedBytes: 5 }] },
        { volume: [volume("data-redis-0", 10, 90), volume("data", 1, 1, "others")] },
        {},
      ],
    },
    b: { pods: [{ volume: [volume("data-kafka-0", 95, 5), volume("data-postgres-0", 1536, 18944)] }] },
  });
  const uses = await volumeUse(cluster, "beat", [podOn("a"), podOn("a"), podOn("b"), podOn("forbidden")]);
  expect(uses.map(volumePart)).toEqual([
    { name: "volume data-kafka-0", ok: false, status: "95 % full, 95 of 100 MiB", image: "" },
    { name: "volume data-postgres-0", ok: true, status: "7 % full, 1.5 of 20.0 GiB", image: "" },
    { name: "volume data-redis-0", ok: true, status: "10 % full, 10 of 100 MiB", image: "" },
  ]);
  expect(fullVolumes(uses)).toEqual([
    "volume data-kafka-0 is 95 % full, 95 of 100 MiB; fix: a larger size in the settings, then up",
  ]);
});

test("a kubelet that nobody may ask, or that answers something else, costs nothing but the figures", async () => {
  expect(await volumeUse(clusterOf({ a: "not found" }), "beat", [podOn("a"), podOn("b")])).toEqual([]);
});
