import type { PlatformModel } from "../../config/define/model.ts";
import { externalStores } from "../../config/settings/schema.ts";
import type { Workload } from "../../core/workload.ts";
import { type StoreKind, storeKinds, storeOf } from "../../stores/index.ts";
import type { Runtime } from "./runtime.ts";

/** The platform's own stores of a kind on this runtime, with their tools; none when somebody else runs it. */
export function workloadsOfStore(
  platform: PlatformModel,
  runtime: Runtime,
  kind: StoreKind,
): readonly Workload[] {
  const facts = platform.stores[kind];
  if (facts === undefined || externalStores(runtime.settings)[kind] !== undefined) return [];
  const store = storeOf(kind);
  if (runtime.kind === "cluster")
    return [
      store.onCluster({
        facts,
        settings: runtime.settings.kubernetes[kind],
        id: runtime.id,
        memberHost: runtime.memberHost,
      }),
    ];
  const ports: Readonly<Record<string, number | false | object>> = runtime.settings.ports;
  return store.onEngine({
    facts,
    id: runtime.id,
    devTools: runtime.settings.devTools,
    hostPort: (name) => {
      const port = ports[name];
      return typeof port === "number" ? port : false;
    },
  });
}

/** All stores of the platform's own on this runtime, with their tools. */
export const storeWorkloads = (platform: PlatformModel, runtime: Runtime): Workload[] =>
  storeKinds.flatMap((kind) => workloadsOfStore(platform, runtime, kind));
