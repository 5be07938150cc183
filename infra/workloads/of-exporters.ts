import type { PlatformModel } from "../../config/define/model.ts";
import { monitoredStores } from "../../config/exporters.ts";
import { useOfStore } from "../../config/store-use.ts";
import { exporterOf, provisionerOf } from "../../core/names.ts";
import type { Workload } from "../../core/workload.ts";
import { type StoreKind, storeHosts, storeOf } from "../../stores/index.ts";
import type { Runtime } from "./runtime.ts";

/** The programs that tell a scraper of the stores, where anything reads metrics. */
export const exporterWorkloads = (platform: PlatformModel, runtime: Runtime): Workload[] =>
  monitoredStores(platform, runtime.settings).flatMap((kind) => exporterWorkload(platform, runtime, kind));

function exporterWorkload(platform: PlatformModel, runtime: Runtime, kind: StoreKind): Workload[] {
  const { exporter, provision } = storeOf(kind);
  if (exporter === undefined) return [];
  const memberHost = runtime.kind === "cluster" ? runtime.memberHost : undefined;
  const { args, env, files, port, health, engineHealth, memoryMiB, user } = exporter.parts(
    useOfStore(platform, runtime.settings, kind, memberHost),
  );
  const name = exporterOf(kind);
  return [
    {
      role: "tool",
      name,
      host: name,
      image: { catalogue: exporter.image },
      args,
      env,
      files: files.map((set) => ({ ...set, name })),
      endpoints: [{ name: "metrics", port, scope: "monitoring" }],
      volumes: [],
      health: {
        ...((runtime.kind === "engine" ? engineHealth : undefined) ?? health),
        alive: { tcp: port },
        startupSeconds: 60,
      },
      memoryMiB,
      members: { replicas: 1 },
      stopGraceSeconds: 5,
      // Its login is made by what prepares the store.
      dependsOn: [provision === undefined ? storeHosts[kind] : provisionerOf(kind)],
      restartWith: [],
      // An engine writes files into a root that can be written alone.
      readOnlyRoot: files.length === 0,
      withoutCapabilities: true,
      ...(runtime.kind === "cluster" && { user, cpu: "10m" }),
    },
  ];
}
