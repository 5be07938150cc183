import { dirname } from "node:path/posix";
import { builtReference, sourceOf } from "../../config/catalogue.ts";
import type { PlatformModel, ServiceModel } from "../../config/define/model.ts";
import { renderEnvironment } from "../../config/environment.ts";
import {
  type DockerSettings,
  externalStores,
  type KubernetesSettings,
  type Settings,
} from "../../config/settings/schema.ts";
import { consumerWatchOf, provisionerOf, publicKeyName, signingKeyName } from "../../core/names.ts";
import { asValue, secretOf, type Value } from "../../core/value.ts";
import type { Health, ImageUse, Placement, Probe, Sidecar, User, Workload } from "../../core/workload.ts";
import { type StoreKind, storeHosts, storeKinds, storeOf } from "../../stores/index.ts";
import type { StoreWatch } from "../../stores/store.ts";
import type { Runtime } from "./runtime.ts";
import { telemetryOf } from "./telemetry.ts";

/** The user `node` of the sample image. */
const sampleUid = 1000;

/** The platform's services, each started once what it needs is there. */
export const serviceWorkloads = (platform: PlatformModel, runtime: Runtime): Workload[] =>
  Object.values(platform.services).map((service) => serviceWorkload(platform, runtime, service));

/** What watches services on an engine, which knows no pods: a container for each, started after what it watches. */
export const watchWorkloads = (platform: PlatformModel, runtime: Runtime): Workload[] =>
  runtime.kind === "cluster"
    ? []
    : Object.values(platform.services).flatMap((service) =>
        sidecarsOf(platform, service, runtime).map(
          ({ image, args, env, endpoint, alive, memoryMiB }): Workload => {
            const name = consumerWatchOf(service.name);
            return {
              role: "tool",
              name,
              host: name,
              image,
              args,
              env,
              files: [],
              endpoints: [endpoint],
              volumes: [],
              // Unwell while what it watches is not: `status` says so.
              ...(alive && {
                health: {
                  ready: { ...alive, tool: "wget" },
                  everySeconds: 1,
                  restSeconds: 10,
                  startupSeconds: 60,
                },
              }),
              memoryMiB,
              members: { replicas: 1 },
              stopGraceSeconds: 5,
              dependsOn: [service.name],
              restartWith: [],
              withoutCapabilities: true,
            };
          },
        ),
      );

/** A container that watches users of a store. */
export interface WatchPlace {
  readonly kind: StoreKind;
  readonly workload: string;
  /** Its own in its pod, on a cluster. */
  readonly container?: string;
  readonly port: number;
}

/** Where services are watched. */
export const watchPlaces = (platform: PlatformModel, runtime: Runtime): readonly WatchPlace[] =>
  Object.values(platform.services).flatMap((service) =>
    storeKinds.flatMap((kind) =>
      watchOf(platform, service, runtime, kind).flatMap(({ watch: { sidecar } }): WatchPlace[] => {
        if (sidecar === undefined) return [];
        const { port } = sidecar.endpoint;
        return runtime.kind === "engine"
          ? [{ kind, workload: consumerWatchOf(service.name), port }]
          : [{ kind, workload: service.name, container: sidecar.name, port }];
      }),
    ),
  );

function serviceWorkload(platform: PlatformModel, runtime: Runtime, service: ServiceModel): Workload {
  const { name, needs } = service;
  const { settings } = runtime;
  const own = settings.services[name];
  const sample = sourceOf(service, settings) === "sample";
  const key = needs.signingKey;
  const watched = watchesOf(platform, service, runtime);
  const sidecars = sidecarsOf(platform, service, runtime);
  return {
    role: "service",
    name,
    host: name,
    image: imageOf(service, settings),
    ...(sample && { args: [service.sample] }),
    env: withExtra(
      {
        ...telemetryOf(platform, runtime, name, "http/protobuf"),
        ...renderEnvironment(platform, service, settings),
      },
      own?.env,
    ),
    files:
      key === undefined
        ? []
        : [
            {
              name: `${name}-keys`,
              volume: "keys",
              directory: key.directory,
              files: { "private.pem": secretOf(signingKeyName), "public.pem": secretOf(publicKeyName) },
            },
          ],
    ...healthOf(service, sample, runtime, sidecars),
    memoryMiB: own?.memoryMiB ?? service.memoryMiB,
    stopGraceSeconds: service.stopGraceSeconds,
    dependsOn: prerequisites(platform, settings, service),
    restartWith: watched.filter(({ watch }) => watch.restarts).flatMap(({ hosts }) => hosts),
    ...(runtime.kind === "engine"
      ? onEngine(runtime.settings, service)
      : {
          ...onCluster(runtime.settings, service),
          ...userOf(service, sample),
          sidecars,
        }),
  };
}

/** What of a service is an engine's. */
const onEngine = ({ ports }: DockerSettings, { name, port, needs }: ServiceModel) => ({
  endpoints: [{ name: "http", port, published: ports.services[name] ?? false }],
  volumes: needs.volumes.map((volume) => ({ ...volume, seeded: true })),
  members: { replicas: 1 },
});

/** What of a service is a cluster's. */
function onCluster({ kubernetes, services }: KubernetesSettings, { name, port, needs }: ServiceModel) {
  const { uploads, serviceCpu } = kubernetes;
  const own = services[name];
  const key = needs.signingKey;
  return {
    endpoints: [{ name: "http", port }],
    volumes: needs.volumes.map((volume) => ({
      ...volume,
      size: uploads.size,
      ...(uploads.accessMode === "ReadWriteMany" && { shared: true }),
      seeded: true,
    })),
    cpu: serviceCpu,
    members: { replicas: own?.replicas ?? 1, autoscale: own?.autoscale },
    scratch: [
      { name: "tmp", path: "/tmp" },
      ...(key === undefined ? [] : [{ name: "key-home", path: dirname(key.directory) }]),
    ],
    placement: placementOf(own),
  };
}

/** What a service waits for: the program that prepares a store, or the store where there is nothing to prepare. */
function prerequisites({ stores }: PlatformModel, settings: Settings, { needs }: ServiceModel): string[] {
  const external = externalStores(settings);
  return storeKinds
    .filter((kind) => needs[kind] !== undefined && stores[kind] !== undefined)
    .flatMap((kind) => {
      if (storeOf(kind).provision !== undefined) return [provisionerOf(kind)];
      return external[kind] === undefined ? [storeHosts[kind]] : [];
    });
}

const sidecarsOf = (platform: PlatformModel, service: ServiceModel, runtime: Runtime): Sidecar[] =>
  watchesOf(platform, service, runtime).flatMap(({ watch: { sidecar } }) =>
    sidecar === undefined ? [] : [sidecar],
  );

const watchesOf = (platform: PlatformModel, service: ServiceModel, runtime: Runtime) =>
  storeKinds.flatMap((kind) => watchOf(platform, service, runtime, kind));

function watchOf(
  platform: PlatformModel,
  { name, needs, port }: ServiceModel,
  runtime: Runtime,
  kind: StoreKind,
): { readonly watch: StoreWatch; readonly hosts: readonly string[] }[] {
  const need = needs[kind];
  if (need === undefined || platform.stores[kind] === undefined) return [];
  const watch = storeOf(kind).watch?.of({
    service: name,
    need,
    port,
    ...(runtime.kind === "engine" && { host: name }),
  });
  if (watch === undefined) return [];
  const prepared = storeOf(kind).provision === undefined ? [] : [provisionerOf(kind)];
  return [{ watch, hosts: [storeHosts[kind], ...prepared] }];
}

function imageOf(service: ServiceModel, settings: Settings): ImageUse {
  const source = sourceOf(service, settings);
  if (source === "sample") return { program: "sample" };
  return { reference: "image" in source ? source.image : (builtReference(service, source) ?? "") };
}

/** With what a stack adds, sorted by name. */
function withExtra(
  env: Readonly<Record<string, Value>>,
  extra: Readonly<Record<string, string>> = {},
): Readonly<Record<string, Value>> {
  const all = {
    ...env,
    ...Object.fromEntries(Object.entries(extra).map(([key, text]) => [key, asValue(text)])),
  };
  return Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function healthOf(
  { name, health, port }: ServiceModel,
  sample: boolean,
  runtime: Runtime,
  sidecars: readonly Sidecar[],
): { readonly health?: Health } {
  // The sample answers the service's own path, and its image has wget: starting Node for each probe costs far more.
  const tool = sample ? "wget" : health.tool;
  if (runtime.kind === "engine" && tool === "none") return {};
  const ready: Probe = "http" in health.probe ? { http: health.probe.http, port, tool } : { tcp: port, tool };
  return {
    health: {
      ready,
      alive: { tcp: port, tool },
      startupSeconds: health.startupSeconds,
      ...(runtime.kind === "engine" && { everySeconds: 1, ...endsOn(name, sidecars) }),
    },
  };
}

function endsOn(service: string, sidecars: readonly Sidecar[]): Pick<Health, "endsOn" | "restSeconds"> {
  const [watch] = sidecars.filter(({ dead }) => dead !== undefined);
  if (watch?.dead === undefined) return {};
  const endsOn = { host: consumerWatchOf(service), port: watch.endpoint.port, path: watch.dead };
  // The probe that carries the order is the time until it is heard.
  return { endsOn, restSeconds: 10 };
}

/** An image whose user nobody knows runs as whom its target gives it. */
function userOf({ user }: ServiceModel, sample: boolean): { readonly user?: User } {
  if (sample) return { user: { uid: sampleUid } };
  if (user === undefined) return {};
  const [uid, gid] = user.split(":");
  return { user: { uid: Number(uid), ...(gid !== undefined && { gid: Number(gid) }) } };
}

function placementOf(own: KubernetesSettings["services"][string] | undefined): Placement {
  return {
    ...(own?.annotations && { annotations: own.annotations }),
    ...(own?.nodeSelector && { nodeSelector: own.nodeSelector }),
    ...(own?.serviceAccount !== undefined && { serviceAccount: own.serviceAccount }),
  };
}
