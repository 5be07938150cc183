import type { PlatformModel } from "../../config/define/model.ts";
import type { Settings } from "../../config/settings/schema.ts";
import type { Workload } from "../../core/workload.ts";
import { type StoreKind, storeKinds, storeOf } from "../../stores/index.ts";
import type { Ground } from "./ground.ts";

/** The platform's own stores of a kind on this ground, with their tools; none when somebody else runs it. */
export function storeWorkloads(
  platform: PlatformModel,
  settings: Settings,
  ground: Ground,
  kind: StoreKind,
): readonly Workload[] {
  const facts = platform.stores[kind];
  if (facts === undefined || settings.external[kind] !== undefined) return [];
  const store = storeOf(kind);
  if (ground.kind === "cluster")
    return [
      store.onCluster({
        facts,
        settings: settings.kubernetes[kind],
        id: ground.id,
        memberHost: ground.memberHost,
      }),
    ];
  const ports: Readonly<Record<string, number | false | object>> = settings.ports;
  return store.onEngine({
    facts,
    id: ground.id,
    devTools: settings.devTools,
    hostPort: (name) => {
      const port = ports[name];
      return typeof port === "number" ? port : false;
    },
  });
}

/** All stores of the platform's own on this ground, with their tools. */
export const allStores = (platform: PlatformModel, settings: Settings, ground: Ground): Workload[] =>
  storeKinds.flatMap((kind) => storeWorkloads(platform, settings, ground, kind));
