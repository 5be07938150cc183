/** The names of the stores; each is also the host name other containers use. */
export const storeHosts = { postgres: "postgres", mongo: "mongo", redis: "redis", kafka: "kafka-b" } as const;
/** A kind of store. */
export type StoreKind = keyof typeof storeHosts;
