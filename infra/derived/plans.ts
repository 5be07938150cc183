import { addressesOf } from "../../config/addresses.ts";
import type { PlatformModel } from "../../config/model.ts";
import type { Settings } from "../../config/settings.ts";
import { administratorSecret, passwordName, roleName, storeHosts } from "../../core/names.ts";
import type { Plan } from "../../provision/src/plan.ts";

/** A plan and the secrets whose files it names. */
export interface PlanWithSecrets<P extends Plan = Plan> {
  readonly plan: P;
  readonly secrets: readonly string[];
}

/** Where the provisioner finds the file of a secret. */
export const passwordFile = (secret: string): string => `/run/secrets/${secret}`;
/** Where it finds the certificate of a store that somebody else runs. */
export const certificateFile = "/run/plan/ca.pem";

/** Roles, databases and extensions that the services need. */
export function postgresPlan(
  platform: PlatformModel,
  settings: Settings,
): PlanWithSecrets<Extract<Plan, { kind: "postgres" }>> {
  const needs = Object.values(platform.services).flatMap((service) =>
    service.needs.postgres ? [{ service: service.name, ...service.needs.postgres }] : [],
  );
  const external = settings.external.postgres;
  return {
    plan: {
      kind: "postgres",
      ...at(platform, settings, storeHosts.postgres),
      admin: {
        user: external?.adminUser ?? "postgres",
        database: external?.adminDatabase ?? "postgres",
        passwordFile: passwordFile(administratorSecret("postgres")),
      },
      ...(external?.ca !== undefined && { caFile: certificateFile }),
      roles: needs.map(({ service, idleInTransactionSeconds }) => ({
        name: roleName(service),
        passwordFile: passwordFile(passwordName("postgres", service)),
        ...(idleInTransactionSeconds !== undefined && { idleInTransactionSeconds }),
      })),
      databases: needs.map(({ service, database, extensions }) => ({
        name: database,
        owner: roleName(service),
        extensions,
      })),
    },
    secrets: [
      administratorSecret("postgres"),
      ...needs.map(({ service }) => passwordName("postgres", service)),
    ],
  };
}

/** Users and indexes that the services need; a replica set when the target has one. */
export function mongoPlan(
  platform: PlatformModel,
  settings: Settings,
  replicaSet?: { readonly name: string; readonly members: readonly string[] },
): PlanWithSecrets<Extract<Plan, { kind: "mongo" }>> {
  const needs = Object.values(platform.services).flatMap((service) =>
    service.needs.mongo ? [{ service: service.name, ...service.needs.mongo }] : [],
  );
  const external = settings.external.mongo;
  return {
    plan: {
      kind: "mongo",
      ...at(platform, settings, storeHosts.mongo),
      admin: {
        user: external?.adminUser ?? "admin",
        passwordFile: passwordFile(administratorSecret("mongo")),
      },
      ...(external?.ca !== undefined && { caFile: certificateFile }),
      ...(replicaSet && { replicaSet: { name: replicaSet.name, members: [...replicaSet.members] } }),
      users: needs.map(({ service, database }) => ({
        name: roleName(service),
        passwordFile: passwordFile(passwordName("mongo", service)),
        database,
      })),
      indexes: needs.flatMap(({ database, indexes }) => indexes.map((index) => ({ database, ...index }))),
    },
    secrets: [administratorSecret("mongo"), ...needs.map(({ service }) => passwordName("mongo", service))],
  };
}

/** The platform's topics; on a cluster of brokers with copies on several of them. */
export function kafkaPlan(
  platform: PlatformModel,
  settings: Settings,
  copies?: { readonly replicationFactor: number; readonly minInSyncReplicas: number },
): PlanWithSecrets<Extract<Plan, { kind: "kafka" }>> {
  const { host, port } = at(platform, settings, storeHosts.kafka);
  return {
    plan: {
      kind: "kafka",
      bootstrap: [`${host}:${port}`],
      topics: Object.entries(platform.topics)
        .map(([topic, facts]) => ({
          name: topic,
          ...facts,
          ...(copies && {
            replicationFactor: Math.max(facts.replicationFactor, copies.replicationFactor),
            configs: { "min.insync.replicas": String(copies.minInSyncReplicas) },
          }),
        }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    },
    secrets: [],
  };
}

function at(platform: PlatformModel, settings: Settings, store: string): { host: string; port: number } {
  const address = addressesOf(platform, settings.external).get(store);
  if (address === undefined) throw new Error(`the platform has no store ${store}`);
  return { ...address };
}
