import { storeHosts, storeKinds } from "../stores/index.ts";
import type { PlatformModel } from "./define/model.ts";
import { externalStores, type Settings } from "./settings/schema.ts";

/** Where a store or service is reached. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * Host and port of every store and service by the name that a {@link Value} uses for it. A store that somebody else
 * runs keeps its name there and gets that server's address, so that the rest of the platform does not notice.
 */
export function addressesOf(platform: PlatformModel, settings: Settings): ReadonlyMap<string, Address> {
  const external = externalStores(settings);
  const addresses = new Map<string, Address>();
  for (const { name, port } of Object.values(platform.services)) addresses.set(name, { host: name, port });
  for (const kind of storeKinds) {
    const own = platform.stores[kind];
    if (own === undefined) continue;
    const host = storeHosts[kind];
    const other = external[kind];
    addresses.set(
      host,
      other === undefined ? { host, port: own.port } : { host: other.host, port: other.port },
    );
  }
  return addresses;
}
