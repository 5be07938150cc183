/**
 * Every name that the platform makes: of what runs, of what is kept, of who logs in. One place makes them and knows which
 * are taken, so that two things never get the same one.
 */

/** The stores by kind; each value is also the host name that other containers use. */
export const storeHosts = { postgres: "postgres", mongo: "mongo", redis: "redis", kafka: "kafka-b" } as const;
/** A kind of store. */
export type StoreKind = keyof typeof storeHosts;
/** A store with passwords. */
export type StoreWithLogin = "postgres" | "mongo";

/** The component that clients speak to. */
export const gatewayName = "gateway";
/** The component that brings a store to its declared state. */
export const provisionerOf = (kind: StoreKind): string => `provision-${kind}`;
/** The component that saves a store. */
export const backupOf = (kind: StoreKind): string => `backup-${kind}`;
/** The sidecar that watches a service's consumer. */
export const consumerWatchName = "consumer-watch";

/** What a stack is called on an engine and in a cluster: the beginning of its containers' names, its namespace. */
export const stackName = (platform: string, stack: string): string => `${platform}-${stack}`;

/** The role that owns a service's database: the service's name as an SQL identifier. */
export const roleName = (service: string): string => service.replaceAll("-", "_");

/** The secret that is the password of a store's administrator. */
export const administratorSecret = (store: StoreWithLogin): string => `${store}-admin`;
/** The secret that is a service's password at a store. */
export const passwordName = (store: StoreWithLogin, service: string): string => `${store}-${service}`;
/** A secret of a service's own. */
export const ownSecret = (service: string, name: string): string => `${service}-${name}`;
/** The secret by which the members of a Mongo replica set know each other. */
export const keyfileSecret = "mongo-keyfile";
/** The private key that signs tokens, beside the passwords; its setting is `platform:signingKey`. */
export const signingKeyName = "signing-key";

/**
 * First words of names that are the platform's: of its components (`provision-mongo`), their members (`postgres-0`), volumes
 * (`redis-data`), tools (`mongo-express`) and secrets (`signing-key`). Postgres keeps `pg_` for roles of its own
 * (PostgreSQL, "CREATE ROLE").
 */
const ownWords = [
  gatewayName,
  "proxy",
  ...Object.keys(storeHosts),
  "provision",
  "backup",
  "backups",
  "consumer-watch",
  "seed",
  "signing",
  "pg",
];
/** Names that mean something to a server or a machine. */
const taken: Readonly<Record<string, string>> = {
  admin: "Mongo's administrator has that name",
  public: "Postgres keeps it for every role (PostgreSQL, CREATE ROLE)",
  none: "Postgres keeps it for no role (PostgreSQL, CREATE ROLE)",
  localhost: "every container calls itself so",
};

/** Why a service cannot have a name; undefined when it can. */
export function faultOfServiceName(name: string): string | undefined {
  const word = ownWords.find((own) => name === own || name.startsWith(`${own}-`));
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

/** Why a service's volume cannot have a name; undefined when it can. */
export function faultOfVolumeName(name: string): string | undefined {
  if (podVolumes.includes(name)) return `"${name}" is a volume that the platform mounts itself`;
  const store = Object.keys(storeHosts).find((kind) => name.startsWith(`data-${kind}-`));
  if (store !== undefined) return `"${name}" is the name of a volume of ${store}`;
  const fault = faultOfServiceName(name);
  return fault === undefined || name in taken ? undefined : fault;
}
