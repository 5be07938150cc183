import { administratorSecret, monitorSecret, ownSecret, passwordName, roleName } from "../core/names.ts";
import { asValue, hostOf, portOf, secretOf, type Value } from "../core/value.ts";
import { kindsWithLogin, type StoreKind, storeHosts, storeKinds, storeOf } from "../stores/index.ts";
import type { MemberSecret } from "../stores/store.ts";
import type { AnyRefs, PlatformModel, ServiceModel } from "./define/model.ts";
import type { StackInfo } from "./define/service.ts";
import { monitoredStores } from "./exporters.ts";
import { bucketOf } from "./settings/backups.ts";
import { bucketSecrets } from "./settings/bucket.ts";
import { observabilityOf } from "./settings/observability.ts";
import { externalStores, type Settings } from "./settings/schema.ts";

/** The environment of a service, in symbols; `infra/` resolves them for its target. Sorted by name. */
export function renderEnvironment(
  platform: PlatformModel,
  service: ServiceModel,
  stack: StackInfo,
): Readonly<Record<string, Value>> {
  const refs = refsOf(platform, service, stack);
  const result = (service.env as (refs: AnyRefs) => ReturnType<ServiceModel["env"]>)(refs);
  const entries = Object.entries(result)
    .filter((entry): entry is [string, Value | string | number] => entry[1] !== undefined)
    .map(([name, value]): [string, Value] => [name, asValue(value)]);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * The environment of a service of the platform, sorted by name, in symbols: what is only known on a target (an address, a
 * port, a password) is a part of a {@link Value}.
 * @param stack what a stack says of itself.
 */
export function environmentOf<P extends PlatformModel>(
  platform: P,
  service: keyof P["services"] & string,
  stack: StackInfo,
): Readonly<Record<string, Value>> {
  const model = platform.services[service];
  if (model === undefined)
    throw new RangeError(
      `the platform has no service "${service}": it has ${Object.keys(platform.services).join(", ")}`,
    );
  return renderEnvironment(platform, model, stack);
}

/** Every secret that must exist: admin passwords, one password per service and store, and what services ask for. */
export function secretNames(platform: PlatformModel, stack: StackInfo): string[] {
  const names = new Set<string>();
  for (const kind of kindsWithLogin)
    if (platform.stores[kind] !== undefined) names.add(administratorSecret(kind));
  for (const service of Object.values(platform.services)) {
    for (const kind of kindsWithLogin)
      if (service.needs[kind] !== undefined) names.add(passwordName(kind, service.name));
    for (const value of Object.values(renderEnvironment(platform, service, stack)))
      for (const part of value.parts) if (part.kind === "secret") names.add(part.name);
  }
  return [...names].sort();
}

/** Of secrets that a service asks for itself: what they were called under the service's former names. */
export function formerSecrets(
  platform: PlatformModel,
  stack: StackInfo,
): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    Object.values(platform.services)
      .filter(({ renamedFrom }) => renamedFrom.length > 0)
      .flatMap((service) => {
        const own = ownSecret(service.name, "");
        return Object.values(renderEnvironment(platform, service, stack))
          .flatMap(({ parts }) => parts)
          .flatMap((part) => (part.kind === "secret" && part.name.startsWith(own) ? [part.name] : []))
          .map((name) => [
            name,
            service.renamedFrom.map((former) => ownSecret(former, name.slice(own.length))),
          ]);
      }),
  );
}

/** Secrets that the members of a stack's stores share. */
export function memberSecrets(platform: PlatformModel, settings: Settings): readonly MemberSecret[] {
  if (settings.target !== "kubernetes") return [];
  return storeKinds
    .filter((kind) => platform.stores[kind] !== undefined && settings.external[kind] === undefined)
    .flatMap((kind) => storeOf(kind).memberSecrets?.(settings.kubernetes[kind]) ?? []);
}

/** {@link secretNames}, and what only the stack's target needs. */
export function requiredSecrets(platform: PlatformModel, settings: Settings): string[] {
  return [
    ...secretNames(platform, settings),
    ...memberSecrets(platform, settings).map(({ name }) => name),
    ...(bucketOf(settings) ? Object.values(bucketSecrets) : []),
    ...headerSecrets(settings),
    ...monitoredStores(platform, settings)
      .filter((kind) => storeOf(kind).exporter?.login)
      .map(monitorSecret),
  ].sort();
}

/** The secrets of a stack that somebody else has chosen: none of them can be made here. */
export function suppliedSecrets(settings: Settings): readonly string[] {
  return [
    ...kindsWithLogin.filter((kind) => externalStores(settings)[kind] !== undefined).map(administratorSecret),
    ...(bucketOf(settings) ? Object.values(bucketSecrets) : []),
    ...headerSecrets(settings),
  ];
}

/** The secrets that are values of headers to the receiver of spans, each once. */
const headerSecrets = (settings: Settings): readonly string[] => [
  ...new Set(
    Object.values(observabilityOf(settings).receiver?.headers ?? {}).flatMap((value) =>
      typeof value === "string" ? [] : [value.secret],
    ),
  ),
];

function refsOf(platform: PlatformModel, service: ServiceModel, stack: StackInfo): AnyRefs {
  const { needs } = service;
  const address = (of: string) => ({ host: hostOf(of), port: portOf(of) });
  const login = (kind: StoreKind, database: string) => ({
    database: asValue(database),
    user: asValue(roleName(service.name)),
    password: secretOf(passwordName(kind, service.name)),
  });
  const ofStores = storeKinds
    .filter((kind) => needs[kind] !== undefined)
    .map((kind) => [
      kind,
      storeOf(kind).refs(needs[kind], {
        address: address(storeHosts[kind]),
        login: (database) => login(kind, database),
      }),
    ]);
  return {
    ...(Object.fromEntries(ofStores) as object),
    port: asValue(service.port),
    stack,
    secret: (name: string) => secretOf(ownSecret(service.name, name)),
    calls: Object.fromEntries(
      needs.calls
        .filter((callee) => platform.services[callee] !== undefined)
        .map((callee) => [callee, address(callee)]),
    ),
  } as AnyRefs;
}
