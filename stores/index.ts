import * as kinds from "./kinds.ts";
import type { CatalogueImage, HostPort, Store } from "./store.ts";

/** Every kind of store that a platform can have; see `kinds.ts`. */
export const stores = kinds satisfies Readonly<Record<string, Store>>;

/** A kind of store. */
export type StoreKind = keyof typeof stores;
/** A store of a kind, with all that is particular to it. */
export type StoreOf<K extends StoreKind> = (typeof stores)[K];

/** The kinds of stores, in a stable order. */
export const storeKinds = Object.keys(stores) as StoreKind[];
const anonymous: Readonly<Record<StoreKind, Store>> = stores;
/** A store of a kind, as those see it who know none in particular. */
export const storeOf = (kind: StoreKind): Store => anonymous[kind];
/** Kinds whose stores are saved. */
export const kindsWithBackup: readonly StoreKind[] = storeKinds.filter(
  (kind) => storeOf(kind).backup !== undefined,
);
/** Kinds that are brought to a declared state. */
export const provisionedKinds: readonly StoreKind[] = storeKinds.filter(
  (kind) => storeOf(kind).provision !== undefined,
);
/** Kinds with passwords. */
export const kindsWithLogin: readonly StoreKind[] = storeKinds.filter((kind) => storeOf(kind).login);

/** The stores by kind; each value is the host name that other containers use. */
export const storeHosts = eachStore(({ host }) => host) as { readonly [K in StoreKind]: StoreOf<K>["host"] };

/** A name of a store's image in the catalogue. */
export type StoreImageName = { [K in StoreKind]: keyof StoreOf<K>["images"] & string }[StoreKind];
/** The images of all stores. */
export const storeImages = Object.assign({}, ...storeKinds.map((kind) => storeOf(kind).images)) as Readonly<
  Record<StoreImageName, CatalogueImage>
>;

/** A name of a port of the engine's machine that leads to a store or its tools. */
export type StorePortName = { [K in StoreKind]: keyof StoreOf<K>["ports"] & string }[StoreKind];
/** The ports of all stores. */
export const storePorts = Object.assign({}, ...storeKinds.map((kind) => storeOf(kind).ports)) as Readonly<
  Record<StorePortName, HostPort>
>;

/** Something made of each store, by kind. */
export function eachStore<T>(make: (store: Store, kind: StoreKind) => T): Record<StoreKind, T> {
  return Object.fromEntries(storeKinds.map((kind) => [kind, make(storeOf(kind), kind)])) as Record<
    StoreKind,
    T
  >;
}
