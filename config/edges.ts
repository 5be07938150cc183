import {
  backupOf,
  gatewayName,
  provisionerOf,
  type StoreKind,
  type StoreWithLogin,
  storeHosts,
} from "../core/names.ts";
import { addressesOf } from "./addresses.ts";
import { addressOfBucket, bucketOf } from "./bucket.ts";
import type { PlatformModel } from "./model.ts";
import type { Settings } from "./settings.ts";

/** Where something outside the platform is, as far as anybody said. A network policy knows no names of hosts. */
export interface Outside {
  /** Its addresses. */
  readonly cidr?: string | undefined;
  /** The namespace of the cluster it runs in. */
  readonly namespace?: string | undefined;
}

/** One direction in which a component opens connections. Everything that is no edge is denied. */
export interface Edge {
  /** Component that connects. */
  readonly from: string;
  /** Component that listens, or the name of a store that somebody else runs. */
  readonly to: string;
  readonly port: number;
  /** Set when `to` is outside the platform. */
  readonly outside?: Outside;
}

const storeKinds = Object.keys(storeHosts) as StoreKind[];

/** The name of the edges to the bucket of backups. */
export const bucketEdge = "backups-bucket";
/** Stores with something to bring to a declared state. */
export const provisioned: readonly StoreKind[] = ["postgres", "mongo", "kafka"];
/** Stores that are saved. */
export const savedStores: readonly StoreWithLogin[] = ["postgres", "mongo"];

/** Every edge of the platform on a cluster, sorted: who may talk to whom, at which port. */
export function edgesOf(platform: PlatformModel, settings: Settings): Edge[] {
  const addresses = addressesOf(platform, settings.external);
  const edges: Edge[] = [];
  const toStore = (from: string, kind: StoreKind): void => {
    const to = storeHosts[kind];
    const port = addresses.get(to)?.port;
    if (port === undefined) return;
    const other = settings.external[kind];
    edges.push({ from, to, port, ...(other && { outside: outsideOf(other) }) });
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
    if (routes.length > 0) edges.push({ from: gatewayName, to: name, port });
  for (const kind of provisioned) if (platform.stores[kind]) toStore(provisionerOf(kind), kind);
  if (settings.kubernetes.backups !== false)
    for (const kind of savedStores) if (platform.stores[kind]) toStore(backupOf(kind), kind);
  const bucket = bucketOf(settings);
  if (bucket !== undefined) {
    const { host, port } = addressOfBucket(bucket);
    const outside = outsideOf({ host, cidr: bucket.cidr });
    for (const kind of savedStores)
      if (platform.stores[kind]) edges.push({ from: backupOf(kind), to: bucketEdge, port, outside });
  }
  edges.push(...memberEdges(platform, settings));
  return edges.sort((a, b) => `${a.from} ${a.to} ${a.port}`.localeCompare(`${b.from} ${b.to} ${b.port}`));
}

/**
 * Where a server outside the platform is. A name such as `service.namespace.svc.cluster.local` tells the namespace: its
 * pods are named to the policy then, since a range of addresses means no pods to some networks (Cilium).
 */
function outsideOf({ host, cidr }: { readonly host: string; readonly cidr?: string | undefined }): Outside {
  if (cidr !== undefined) return { cidr };
  return {
    namespace: /^[a-z0-9-]+(?:\.[a-z0-9-]+)?\.([a-z0-9-]+)\.svc(\.cluster\.local)?\.?$/.exec(host)?.[1],
  };
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
