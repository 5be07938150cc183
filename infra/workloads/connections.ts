import { addressesOf } from "../../config/addresses.ts";
import type { PlatformModel } from "../../config/define/model.ts";
import { monitoredStores } from "../../config/exporters.ts";
import { bucketOf } from "../../config/settings/backups.ts";
import { observabilityOf } from "../../config/settings/observability.ts";
import type { KubernetesSettings } from "../../config/settings/schema.ts";
import { addressOfUrl, type Connection, externalEndpoint, sorted } from "../../core/connections.ts";
import { exporterOf, gatewayName, provisionerOf, retireOf } from "../../core/names.ts";
import type { Workload } from "../../core/workload.ts";
import { provisionedKinds, type StoreKind, storeHosts, storeKinds } from "../../stores/index.ts";
import { backupSources } from "./backup-sources.ts";

/** The name of the connections to the bucket of backups. */
export const bucketName = "backups-bucket";
/** The name of the connections to the receiver of spans. */
export const receiverName = "otlp-receiver";

/**
 * Every connection of a stack on a cluster, sorted: who may talk to whom, at which port.
 * @param workloads what runs of it.
 */
export function connectionsOf(
  platform: PlatformModel,
  settings: KubernetesSettings,
  workloads: readonly Workload[],
): Connection[] {
  const addresses = addressesOf(platform, settings);
  const toStore = (from: string, kind: StoreKind): Connection[] => {
    const to = storeHosts[kind];
    const port = addresses.get(to)?.port;
    if (port === undefined) return [];
    const external = settings.external[kind];
    return [{ from, to, port, ...(external && { outside: externalEndpoint(external) }) }];
  };
  const declared = (kind: StoreKind) => platform.stores[kind] !== undefined;
  const saved = backupSources(platform, settings, (workload) => workload);
  const services = Object.values(platform.services);
  return sorted([
    ...services.flatMap(({ name, needs }) => [
      ...storeKinds.filter((kind) => needs[kind] !== undefined).flatMap((kind) => toStore(name, kind)),
      ...needs.calls.flatMap((callee): Connection[] => {
        const port = platform.services[callee]?.port;
        return port === undefined ? [] : [{ from: name, to: callee, port }];
      }),
      ...[...needs.egress, ...(settings.services[name]?.egress ?? [])].map(
        ({ host, cidr, port }): Connection => ({
          from: name,
          // Apart from whatever is called so inside.
          to: `outside:${host ?? cidr}`,
          port,
          outside: externalEndpoint({ host: host ?? "", cidr }),
        }),
      ),
    ]),
    ...services
      .filter(({ routes }) => routes.length > 0)
      .map(({ name, port }) => ({ from: gatewayName, to: name, port })),
    ...provisionedKinds.filter(declared).flatMap((kind) => toStore(provisionerOf(kind), kind)),
    ...provisionedKinds
      .filter((kind) => workloads.some(({ host }) => host === retireOf(kind)))
      .flatMap((kind) => toStore(retireOf(kind), kind)),
    ...monitoredStores(platform, settings).flatMap((kind) => toStore(exporterOf(kind), kind)),
    ...saved.flatMap(({ kind, job }) => (kind === undefined ? [] : toStore(job, kind))),
    ...[...new Set(saved.map(({ job }) => job))].flatMap((job) => toBucket(job, settings)),
    ...[gatewayName, ...services.map(({ name }) => name)].flatMap((from) => toReceiver(from, settings)),
    ...workloads.flatMap(amongMembers),
  ]);
}

function toBucket(from: string, settings: KubernetesSettings): Connection[] {
  const bucket = bucketOf(settings);
  if (bucket === undefined) return [];
  const { host, port } = addressOfUrl(bucket.endpoint);
  return [{ from, to: bucketName, port, outside: externalEndpoint({ host, cidr: bucket.cidr }) }];
}

/** Spans of the gateway and of the services go out by themselves. */
function toReceiver(from: string, settings: KubernetesSettings): Connection[] {
  const { receiver } = observabilityOf(settings);
  if (receiver === undefined) return [];
  const { host, port } = addressOfUrl(receiver.url);
  return [{ from, to: receiverName, port, outside: externalEndpoint({ host, cidr: receiver.cidr }) }];
}

/** What the members of a store say to each other: at all ports, where there are several or one port is theirs alone. */
function amongMembers({ host, members, endpoints }: Workload): Connection[] {
  if (!("stateful" in members)) return [];
  if (members.stateful === 1 && !endpoints.some(({ scope }) => scope === "members")) return [];
  return endpoints
    .filter(({ scope }) => scope !== "machine")
    .map(({ port }) => ({ from: host, to: host, port }));
}
