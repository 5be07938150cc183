import { createHash } from "node:crypto";

/**
 * The names that the platform makes of others: of components, roles and secrets; and which words are reserved for it, so that a
 * service never gets the name of something else.
 */

/** The component that clients speak to. */
export const gatewayName = "gateway";
/** The component that brings a store to its declared state. */
export const provisionerOf = (kind: string): string => `provision-${kind}`;
/** The component that lets members of a store go. */
export const retireOf = (kind: string): string => `retire-${kind}`;
/** The component that saves all stores of a stack on a cluster. */
export const backupsName = "backup";
/** The component that saves a store, or the volumes of a service. */
export const backupOf = (kind: string): string => `backup-${kind}`;
/** The component that tells a scraper of an engine's backups. */
export const backupMetricsName = "backup-metrics";
/** The sidecar that watches a service's consumer. */
export const consumerWatchName = "consumer-watch";
/** The container that watches a service's consumer where there are no pods. */
export const consumerWatchOf = (service: string): string => `${consumerWatchName}-${service}`;

/** Most characters of a name of a job, a container or a host. Source: RFC 1123; a job's name becomes a label of its pods. */
const mostCharacters = 63;

/** A name as it is when it fits, else its beginning with a hash of the whole, so that two long names stay two. */
export function bounded(name: string): string {
  if (name.length <= mostCharacters) return name;
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 10);
  return `${name.slice(0, mostCharacters - hash.length - 1).replace(/-+$/, "")}-${hash}`;
}

/** What a stack is called on an engine and in a cluster: the beginning of its containers' names, its namespace. */
export const stackName = (platform: string, stack: string): string => `${platform}-${stack}`;

/** The label by which an engine knows a container's part in the platform. */
export const componentLabel = "org.beat-ecoprove.component";

/** The role that owns a service's database: the service's name as an SQL identifier. */
export const roleName = (service: string): string => service.replaceAll("-", "_");

/*
 * Secrets: names with "-" between their parts, so that two owners could come to one name; a definition in which they do is refused
 * (`config/define/cross-check.ts`). A separator that no service's name can hold would rename settings, files in containers and the
 * variables of a Compose project in every stack that there is, and start its provisioners and services anew; Pulumi's state alone
 * would follow by an alias, with the values kept.
 */

/** The secret that is the password of a store's administrator. */
export const administratorSecret = (store: string): string => `${store}-admin`;
/** The login by which a store's exporter reads its figures; no service may be called so. */
export const monitorName = "beat-monitor";
/** The secret that is its password at a store. */
export const monitorSecret = (store: string): string => `${store}-${monitorName}`;
/** The component that tells a scraper of a store. */
export const exporterOf = (kind: string): string => `${kind}-exporter`;
/** The secret that is a service's password at a store. */
export const passwordName = (store: string, service: string): string => `${store}-${service}`;
/** A secret of a service's own. */
export const ownSecret = (service: string, name: string): string => `${service}-${name}`;
/** The private key that signs tokens, beside the passwords; its setting is `platform:signingKey`. */
export const signingKeyName = "signing-key";
/** The public key that belongs to it. */
export const publicKeyName = "signing-key-public";

/**
 * First words of names that are the platform's: of its components (`provision-mongo`), their members (`postgres-0`), volumes
 * (`redis-data`), tools (`mongo-express`, `dashboards`) and secrets (`signing-key`, `otlp-…`). Postgres keeps `pg_` for roles of its own
 * (PostgreSQL, "CREATE ROLE").
 */
const ownWords = [
  gatewayName,
  "proxy",
  "provision",
  "retire",
  "backup",
  "backups",
  "consumer-watch",
  "dashboards",
  "otlp",
  "seed",
  "signing",
  "pg",
];
/** Names that mean something to a server or a machine. */
const taken: Readonly<Record<string, string>> = {
  admin: "Mongo's administrator has that name",
  [monitorName]: "the exporters of the stores' metrics log in by that name",
  public: "Postgres keeps it for every role (PostgreSQL, CREATE ROLE)",
  none: "Postgres keeps it for no role (PostgreSQL, CREATE ROLE)",
  localhost: "every container calls itself so",
};

/**
 * Why a service cannot have a name; undefined when it can.
 * @param stores the kinds of stores and their host names, which are the platform's words as well.
 */
export function validateServiceName(name: string, stores: readonly string[]): string | undefined {
  const word = [...ownWords, ...stores].find((own) => name === own || name.startsWith(`${own}-`));
  if (word !== undefined)
    return name === word
      ? `"${name}" is the name of a part of the platform`
      : `"${name}" begins with "${word}-", as names of the platform's own parts do`;
  const reason = taken[name];
  return reason === undefined ? undefined : `"${name}" cannot be a service: ${reason}`;
}

/** A name that is free, for one that is not. */
export const freeName = (name: string): string => (name in taken ? `${name}-service` : `app-${name}`);

/** Volumes of a pod that are the platform's. */
const podVolumes = ["tmp", "keys", "key-home"];

/** Why a service's volume cannot have a name; undefined when it can. `stores` as for {@link validateServiceName}. */
export function validateVolumeName(name: string, stores: readonly string[]): string | undefined {
  if (podVolumes.includes(name)) return `"${name}" is a volume that the platform mounts itself`;
  const store = stores.find((kind) => name.startsWith(`data-${kind}-`));
  if (store !== undefined) return `"${name}" is the name of a volume of ${store}`;
  const fault = validateServiceName(name, stores);
  return fault === undefined || name in taken ? undefined : fault;
}
