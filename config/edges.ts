import { addressesOf } from "./addresses.ts";
import type { PlatformModel } from "./define.ts";
import type { Settings } from "./settings.ts";
import { type StoreKind, storeHosts } from "./stores.ts";

/** One direction in which a component opens connections. Everything that is no edge is denied. */
export interface Edge {
  /** Component that connects. */
  readonly from: string;
  /** Component that listens, or the name of a store that somebody else runs. */
  readonly to: string;
  readonly port: number;
  /** Set when `to` is outside the platform: its addresses, or undefined when nobody said which. */
  readonly outside?: { readonly cidr: string | undefined };
}

const storeKinds = Object.keys(storeHosts) as StoreKind[];

/** The component that brings a store to its declared state. */
export const provisionerOf = (kind: StoreKind): string => `provision-${kind}`;
/** The component that saves a store. */
export const backupOf = (kind: StoreKind): string => `backup-${kind}`;
/** Stores with something to bring to a declared state. */
export const provisioned: readonly StoreKind[] = ["postgres", "mongo", "kafka"];
/** Stores that are saved. */
export const savedStores: readonly StoreKind[] = ["postgres", "mongo"];

/** Every edge of the platform on a cluster, sorted: who may talk to whom, at which port. */
export function edgesOf(platform: PlatformModel, settings: Settings): Edge[] {
  const addresses = addressesOf(platform, settings.external);
  const edges: Edge[] = [];
  const toStore = (from: string, kind: StoreKind): void => {
    const to = storeHosts[kind];
    const port = addresses.get(to)?.port;
    if (port === undefined) return;
    const other = settings.external[kind];
    edges.push({ from, to, port, ...(other && { outside: { cidr: other.cidr } }) });
  };
  const services = Object.values(platform.services);
  for (const { name, needs } of services) {
    for (const kind of storeKinds) if (needs[kind] !== undefined) toStore(name, kind);
    for (const callee of needs.calls) {
      const port = platform.services[callee]?.port;
      if (port !== undefined) edges.push({ from: name, to: callee, port });
    }
  }
  for (const { name, port, routes } of services)
    if (routes.length > 0) edges.push({ from: "gateway", to: name, port });
  for (const kind of provisioned) if (platform.stores[kind]) toStore(provisionerOf(kind), kind);
  if (settings.kubernetes.backups !== false)
    for (const kind of savedStores) if (platform.stores[kind]) toStore(backupOf(kind), kind);
  edges.push(...memberEdges(platform, settings));
  return edges.sort((a, b) => `${a.from} ${a.to} ${a.port}`.localeCompare(`${b.from} ${b.to} ${b.port}`));
}

/** What the members of a replicated store say to each other. */
function memberEdges(platform: PlatformModel, { external, kubernetes }: Settings): Edge[] {
  const edges: Edge[] = [];
  const { kafka, mongo } = platform.stores;
  if (kafka !== undefined && external.kafka === undefined)
    for (const port of [kafka.port, kafka.controllerPort])
      edges.push({ from: storeHosts.kafka, to: storeHosts.kafka, port });
  if (mongo !== undefined && external.mongo === undefined && kubernetes.mongo.members > 1)
    edges.push({ from: storeHosts.mongo, to: storeHosts.mongo, port: mongo.port });
  return edges;
}
