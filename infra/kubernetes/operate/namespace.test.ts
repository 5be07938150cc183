import { ApiException } from "@kubernetes/client-node";
import { expect, test } from "vitest";
import type { Cluster } from "./client.ts";
import { removeEmptyNamespace, removeNamespace } from "./namespace.ts";

const instance = "beat-prod";

/** A cluster with one namespace and its claims: the name of each, and of its volume. */
function clusterWith(claims: Readonly<Record<string, string>>) {
  const done: string[] = [];
  let there = true;
  const core = {
    readNamespace: async () => {
      if (!there) throw new ApiException(404, "not found", {}, {});
      return { metadata: { labels: { "app.kubernetes.io/instance": instance } } };
    },
    listNamespacedPersistentVolumeClaim: async () => ({
      items: Object.entries(claims).map(([name, volumeName]) => ({
        metadata: { name },
        spec: { volumeName },
      })),
    }),
    patchPersistentVolume: async ({ name, body }: { name: string; body: { value: string }[] }) => {
      done.push(`${name}: ${body[0]?.value}`);
    },
    deleteNamespace: async () => {
      there = false;
      done.push("namespace deleted");
    },
  };
  return { done, remains: { cluster: { core } as unknown as Cluster, namespace: "beat", instance } };
}

test("every claim that holds backups is kept, whatever the settings are now, before the namespace goes", async () => {
  const { done, remains } = clusterWith({
    backups: "pv-1",
    "backups-former-service": "pv-2",
    "data-postgres-0": "pv-3",
    unbound: "",
  });
  const told = await removeNamespace(remains);
  expect(done).toEqual(["pv-1: Retain", "pv-2: Retain", "namespace deleted"]);
  expect(told.join("\n")).toMatch(/kept in volume pv-1[\s\S]*kept in volume pv-2/);
});

test("nothing is deleted where claims cannot be listed, or the namespace is somebody else's", async () => {
  const { done, remains } = clusterWith({ backups: "pv-1" });
  await expect(removeNamespace({ ...remains, instance: "other" })).rejects.toThrow("left alone");
  remains.cluster.core.listNamespacedPersistentVolumeClaim = async () => {
    throw new ApiException(403, "forbidden", {}, {});
  };
  await expect(removeNamespace(remains)).rejects.toThrow("the namespace was left alone");
  expect(done).toEqual([]);
});

test("a namespace goes by itself only when no claim is left in it", async () => {
  const { done, remains } = clusterWith({ backups: "pv-1" });
  expect(await removeEmptyNamespace(remains)).toEqual(["  ! namespace beat stays, with the claims backups"]);
  expect(done).toEqual([]);
  const empty = clusterWith({});
  expect(await removeEmptyNamespace(empty.remains)).toEqual(["  ✔ namespace beat deleted"]);
});
