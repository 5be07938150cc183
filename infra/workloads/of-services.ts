import { dirname } from "node:path/posix";
import { builtReference, sourceOf } from "../../config/catalogue.ts";
import type { PlatformModel, ServiceModel } from "../../config/define/model.ts";
import { renderEnvironment } from "../../config/environment.ts";
import type { Settings } from "../../config/settings/schema.ts";
import { consumerWatchOf, provisionerOf, publicKeyName, signingKeyName } from "../../core/names.ts";
import { asValue, secretOf, type Value } from "../../core/value.ts";
import type { Health, ImageUse, Placement, Probe, Sidecar, User, Workload } from "../../core/workload.ts";
import { type StoreKind, storeHosts, storeKinds, storeOf } from "../../stores/index.ts";
import type { StoreWatch } from "../../stores/store.ts";
import type { Ground } from "./ground.ts";

/** The user `node` of the sample image. */
const sampleUid = 1000;

/** The platform's services, each started once what it needs is there. */
export const services = (platform: PlatformModel, settings: Settings, ground: Ground): Workload[] =>
  Object.values(platform.services).map((service) => serviceWorkload(platform, settings, ground, service));

/** What watches services on an engine, which knows no pods: a container for each, started after what it watches. */
export const watches = (platform: PlatformModel, ground: Ground): Workload[] =>
  ground.kind === "cluster"
    ? []
    : Object.values(platform.services).flatMap((service) =>
        sidecarsOf(platform, service, ground).map(
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
                health: { ready: { ...alive, tool: "wget" }, everySeconds: 3, startupSeconds: 60 },
              }),
              memoryMiB,
              members: { replicas: 1 },
              stopGraceSeconds: 5,
              after: [service.name],
              restartWith: [],
              withoutCapabilities: true,
            };
          },
        ),
      );

function serviceWorkload(
  platform: PlatformModel,
  settings: Settings,
  ground: Ground,
  service: ServiceModel,
): Workload {
  const { name, needs } = service;
  const own = settings.services[name];
  const sample = sourceOf(service, settings) === "sample";
  const key = needs.signingKey;
  const watched = watchesOf(platform, service, ground);
  const sidecars = sidecarsOf(platform, service, ground);
  return {
    role: "service",
    name,
    host: name,
    image: imageOf(service, settings),
    ...(sample && { args: [service.sample] }),
    env: withExtra(renderEnvironment(platform, service, settings), own?.env),
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
    endpoints: [{ name: "http", port: service.port, published: settings.ports.services[name] ?? false }],
    volumes: needs.volumes.map((volume) => ({
      ...volume,
      size: settings.kubernetes.uploads.size,
      ...(settings.kubernetes.uploads.accessMode === "ReadWriteMany" && { shared: true }),
      seeded: true,
    })),
    ...healthOf(service, sample, ground, sidecars),
    memoryMiB: own?.memoryMiB ?? service.memoryMiB,
    cpu: settings.kubernetes.serviceCpu,
    members: { replicas: own?.replicas ?? 1, autoscale: own?.autoscale },
    stopGraceSeconds: service.stopGraceSeconds,
    after: prerequisites(platform, settings, service),
    restartWith: watched.filter(({ watch }) => watch.restarts).flatMap(({ hosts }) => hosts),
    ...(ground.kind === "cluster" && {
      sidecars,
      ...userOf(service, sample),
      scratch: [
        { name: "tmp", path: "/tmp" },
        ...(key === undefined ? [] : [{ name: "key-home", path: dirname(key.directory) }]),
      ],
      placement: placementOf(own),
    }),
  };
}

/** What a service waits for: the program that prepares a store, or the store where there is nothing to prepare. */
function prerequisites({ stores }: PlatformModel, { external }: Settings, { needs }: ServiceModel): string[] {
  return storeKinds
    .filter((kind) => needs[kind] !== undefined && stores[kind] !== undefined)
    .flatMap((kind) => {
      if (storeOf(kind).provision !== undefined) return [provisionerOf(kind)];
      return external[kind] === undefined ? [storeHosts[kind]] : [];
    });
}

const sidecarsOf = (platform: PlatformModel, service: ServiceModel, ground: Ground): Sidecar[] =>
  watchesOf(platform, service, ground).flatMap(({ watch: { sidecar } }) =>
    sidecar === undefined ? [] : [sidecar],
  );

const watchesOf = (platform: PlatformModel, service: ServiceModel, ground: Ground) =>
  storeKinds.flatMap((kind) => watchOf(platform, service, ground, kind));

function watchOf(
  platform: PlatformModel,
  { name, needs, port }: ServiceModel,
  ground: Ground,
  kind: StoreKind,
): { readonly watch: StoreWatch; readonly hosts: readonly string[] }[] {
  const need = needs[kind];
  if (need === undefined || platform.stores[kind] === undefined) return [];
  const watch = storeOf(kind).watch?.of({ need, port, ...(ground.kind === "engine" && { host: name }) });
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
  ground: Ground,
  sidecars: readonly Sidecar[],
): { readonly health?: Health } {
  // The sample answers the service's own path, and its image has wget: starting Node for each probe costs far more.
  const tool = sample ? "wget" : health.tool;
  if (ground.kind === "engine" && tool === "none") return {};
  const ready: Probe = "http" in health.probe ? { http: health.probe.http, port, tool } : { tcp: port, tool };
  return {
    health: {
      ready,
      alive: { tcp: port, tool },
      startupSeconds: health.startupSeconds,
      ...(ground.kind === "engine" && { everySeconds: 1, ...endsOn(name, sidecars) }),
    },
  };
}

function endsOn(service: string, sidecars: readonly Sidecar[]): Pick<Health, "endsOn"> {
  const [watch] = sidecars.filter(({ dead }) => dead !== undefined);
  if (watch?.dead === undefined) return {};
  return { endsOn: { host: consumerWatchOf(service), port: watch.endpoint.port, path: watch.dead } };
}

/** An image whose user nobody knows runs as whom its target gives it. */
function userOf({ user }: ServiceModel, sample: boolean): { readonly user?: User } {
  if (sample) return { user: { uid: sampleUid } };
  if (user === undefined) return {};
  const [uid, gid] = user.split(":");
  return { user: { uid: Number(uid), ...(gid !== undefined && { gid: Number(gid) }) } };
}

function placementOf(own: Settings["services"][string] | undefined): Placement {
  return {
    ...(own?.annotations && { annotations: own.annotations }),
    ...(own?.nodeSelector && { nodeSelector: own.nodeSelector }),
    ...(own?.serviceAccount !== undefined && { serviceAccount: own.serviceAccount }),
  };
}
