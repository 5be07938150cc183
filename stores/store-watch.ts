import type { Sidecar } from "../core/workload.ts";
import type { NeedOf } from "./store.ts";

/** A service that uses a store. */
export interface WatchContext<Need> {
  /** Its name. */
  readonly service: string;
  readonly need: Need;
  /** Where the service listens. */
  readonly port: number;
  /** The service's host, where its watch is a container of its own; undefined: it shares a pod with the service. */
  readonly host?: string;
}

/** How a service is kept alive that does not come back by itself. */
export interface Watch<Need = unknown> {
  /** What a service needs; undefined when it comes back. */
  of(context: WatchContext<Need>): StoreWatch | undefined;
  /** What any watch of a stack tells of all services that read from the store. */
  readonly readers?: Readers<Need>;
  /** The program of the sidecar: it stays, and answers whether what is beside it is alive. */
  load(): Promise<{ watch(env: Readonly<Record<string, string | undefined>>): Promise<void> }>;
}

/** How far services have come that read what others write. */
export interface Readers<Need = unknown> {
  /** Who they are, and as which they read. */
  named(needs: readonly NeedOf<Need>[]): readonly Pick<Reader, "service" | "name">[];
  /** The path at a watch's endpoint that tells of them. */
  path(needs: readonly NeedOf<Need>[]): string;
  /** Reads what it told. @throws when that is something else. */
  read(answer: string, needs: readonly NeedOf<Need>[]): readonly Reader[];
}

/** A service that reads. */
export interface Reader {
  readonly service: string;
  /** As which it reads. */
  readonly name: string;
  /** Why it cannot be reading. */
  readonly fault?: string;
  /** How many records wait for it. */
  readonly waiting: number;
  /** Where it is; another one says that it has read meanwhile. */
  readonly position: string;
}

/** What keeps a service alive that does not reconnect. */
export interface StoreWatch {
  /** It is started anew after the store and what prepares it were. */
  readonly restarts: boolean;
  readonly sidecar?: Sidecar;
}
