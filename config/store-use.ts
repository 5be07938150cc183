import { type StoreKind, storeHosts } from "../stores/index.ts";
import type { AnyUse, MemberHost, NeedOf } from "../stores/store.ts";
import { addressesOf } from "./addresses.ts";
import type { PlatformModel } from "./define/model.ts";
import { monitoredStores } from "./exporters.ts";
import { externalStores, type Settings } from "./settings/schema.ts";

/** What each service asks of a store, in the order of the definition. */
export const needsOf = (platform: PlatformModel, kind: StoreKind): NeedOf<unknown>[] =>
  Object.values(platform.services).flatMap(({ name, needs, renamedFrom }) =>
    needs[kind] === undefined
      ? []
      : [{ service: name, need: needs[kind], ...(renamedFrom.length > 0 && { renamedFrom }) }],
  );

/**
 * What is needed to prepare, save or restore a store of a stack.
 * @param memberHost how its members are named, on a cluster.
 * @throws {RangeError} when the platform has no such store.
 */
export function useOfStore(
  platform: PlatformModel,
  settings: Settings,
  kind: StoreKind,
  memberHost: MemberHost | undefined,
): AnyUse {
  const address = addressesOf(platform, settings).get(storeHosts[kind]);
  const facts = platform.stores[kind];
  if (address === undefined || facts === undefined) throw new RangeError(`the platform has no store ${kind}`);
  return {
    facts,
    needs: needsOf(platform, kind),
    topics: platform.topics,
    address: { ...address },
    external: externalStores(settings)[kind],
    monitored: monitoredStores(platform, settings).includes(kind),
    cluster:
      settings.target === "kubernetes" && memberHost
        ? { settings: settings.kubernetes[kind], memberHost }
        : undefined,
  };
}
