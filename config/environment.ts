import {
  administratorSecret,
  keyfileSecret,
  ownSecret,
  passwordName,
  roleName,
  type StoreWithLogin,
  storeHosts,
} from "../core/names.ts";
import { asValue, hostOf, portOf, secretOf, Value } from "../core/value.ts";
import { bucketOf, bucketSecrets } from "./bucket.ts";
import type { AnyRefs, PlatformModel, ServiceModel } from "./model.ts";
import type { StackFacts } from "./service.ts";
import type { Settings } from "./settings.ts";

/** The environment of a service, in symbols; `infra/` resolves them for its target. Sorted by name. */
export function renderEnvironment(
  platform: PlatformModel,
  service: ServiceModel,
  stack: StackFacts,
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
  stack: StackFacts,
): Readonly<Record<string, Value>> {
  const model = platform.services[service];
  if (model === undefined)
    throw new RangeError(
      `the platform has no service "${service}": it has ${Object.keys(platform.services).join(", ")}`,
    );
  return renderEnvironment(platform, model, stack);
}

/** Every secret that must exist: admin passwords, one password per service and store, and what services ask for. */
export function secretNames(platform: PlatformModel, stack: StackFacts): string[] {
  const names = new Set<string>();
  if (platform.stores.postgres !== undefined) names.add(administratorSecret("postgres"));
  if (platform.stores.mongo !== undefined) names.add(administratorSecret("mongo"));
  for (const service of Object.values(platform.services)) {
    if (service.needs.postgres !== undefined) names.add(passwordName("postgres", service.name));
    if (service.needs.mongo !== undefined) names.add(passwordName("mongo", service.name));
    for (const value of Object.values(renderEnvironment(platform, service, stack)))
      for (const part of value.parts) if (part.kind === "secret") names.add(part.name);
  }
  return [...names].sort();
}

/** {@link secretNames}, and what only the stack's target needs. */
export function requiredSecrets(platform: PlatformModel, settings: Settings): string[] {
  const replicated =
    settings.target === "kubernetes" &&
    platform.stores.mongo !== undefined &&
    settings.external.mongo === undefined &&
    settings.kubernetes.mongo.members > 1;
  return [
    ...secretNames(platform, settings),
    ...(replicated ? [keyfileSecret] : []),
    ...(bucketOf(settings) ? Object.values(bucketSecrets) : []),
  ].sort();
}

/** The secrets of a stack that somebody else has chosen: none of them can be made here. */
export function foreignSecrets(settings: Settings): readonly string[] {
  const { external } = settings;
  return [
    ...(external.postgres ? [administratorSecret("postgres")] : []),
    ...(external.mongo ? [administratorSecret("mongo")] : []),
    ...(bucketOf(settings) ? Object.values(bucketSecrets) : []),
  ];
}

function refsOf(platform: PlatformModel, service: ServiceModel, stack: StackFacts): AnyRefs {
  const { needs } = service;
  const address = (of: string) => ({ host: hostOf(of), port: portOf(of) });
  const login = (store: StoreWithLogin, database: string) => ({
    ...address(storeHosts[store]),
    database: asValue(database),
    user: asValue(roleName(service.name)),
    password: secretOf(passwordName(store, service.name)),
  });
  const refs = {
    port: new Value([{ kind: "text", text: String(service.port) }]),
    stack,
    secret: (name: string) => secretOf(ownSecret(service.name, name)),
    ...(needs.postgres && { postgres: login("postgres", needs.postgres.database) }),
    ...(needs.mongo && { mongo: login("mongo", needs.mongo.database) }),
    ...(needs.redis && { redis: { ...address(storeHosts.redis), database: needs.redis.database } }),
    ...(needs.kafka && {
      kafka: {
        ...address(storeHosts.kafka),
        publishes: needs.kafka.publishes,
        consumes: needs.kafka.consumes,
      },
    }),
    calls: Object.fromEntries(
      needs.calls
        .filter((callee) => platform.services[callee] !== undefined)
        .map((callee) => [callee, address(callee)]),
    ),
  };
  return refs as unknown as AnyRefs;
}
