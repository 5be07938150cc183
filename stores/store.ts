import type { z } from "zod";
import type { Problem } from "../core/problems.ts";
import type { Value } from "../core/value.ts";
import type { Upgrade } from "../core/versions.ts";
import type { Workload } from "../core/workload.ts";
import type { RestoreArgs, RestoreScripts, SaveArgs } from "./backup-args.ts";
import type { CatalogueImage, HostPort } from "./catalogue.ts";
import type { Exporter } from "./exporter.ts";
import type { Watch } from "./store-watch.ts";

export type { RestoreArgs, RestoreScripts, SaveArgs } from "./backup-args.ts";
export type { CatalogueImage, HostPort } from "./catalogue.ts";
export type { Exporter, ExporterParts } from "./exporter.ts";
export type { Reader, Readers, StoreWatch, Watch, WatchContext } from "./store-watch.ts";

/**
 * All that the platform knows of one kind of store. A folder beside this file makes one, and one line in `kinds.ts` registers it:
 * the settings, the definition, the targets, provisioning, backups and documents take it from there.
 */
export interface Store<
  Facts extends FactsSchema = FactsSchema,
  Need extends z.ZodType = z.ZodType,
  Cluster extends z.ZodType = z.ZodType,
  External extends ExternalSchema = ExternalSchema,
  ImageNames extends string = string,
  PortNames extends string = string,
  Refs extends RefsKind = RefsKind,
> {
  /** What people call it. */
  readonly title: string;
  /** The host name that other containers use. */
  readonly host: string;
  /** What the definition may tune (`stores.<kind>`); it has a port. */
  readonly facts: Facts;
  /** What a service may ask of it (`needs.<kind>`). */
  readonly need: Need;
  /** What only a cluster asks of it (`platform:kubernetes.<kind>`), every default filled in. */
  readonly cluster: Cluster;
  /** What must be known of one that somebody else runs (`platform:external.<kind>`). */
  readonly external: External;
  /** Its images in the catalogue. */
  readonly images: Readonly<Record<ImageNames, CatalogueImage>>;
  /** Ports of the engine's machine that may lead to it or its tools (`platform:ports.<name>`). */
  readonly ports: Readonly<Record<PortNames, HostPort>>;
  /** Whether each service has a password of its own and the platform an administrator's. */
  readonly login: boolean;
  /** Names of databases that the server keeps for itself. */
  readonly reservedDatabases?: readonly string[];
  /** The type of what {@link Store.refs} gives, for the compiler alone. */
  readonly refsKind?: Refs;
  /** What a service's `env` function is given of it. */
  refs(need: z.output<Need>, at: RefsContext): RefsFor<Refs, z.output<Need>>;
  /** Contradictions in what the definition says of it. */
  check?(context: CheckContext<z.output<Facts>, z.output<Need>>): readonly Problem[];
  /** Secrets that its members share on a cluster. */
  memberSecrets?(cluster: z.output<Cluster>): readonly MemberSecret[];
  /** How its data gets to another major version. */
  readonly upgrade?: Upgrade;
  /** The images of the catalogue that a stack uses of it; the first one is the server's. */
  imagesUsed(devTools: boolean): readonly NoInfer<ImageNames>[];
  /** On a container engine: one server, and its tools where a stack has them. The first workload is the store. */
  onEngine(context: EngineContext<z.output<Facts>, PortNames>): readonly [Workload, ...Workload[]];
  /** On a cluster: as many members as the settings say. */
  onCluster(context: ClusterContext<z.output<Facts>, z.output<Cluster>>): Workload;
  /** What a service must have that does not come back by itself after this store was restarted. */
  readonly watch?: Watch<z.output<Need>>;
  /** How it is brought to what the definition declares; undefined when there is nothing to bring about. */
  readonly provision:
    | Provision<z.output<Facts>, z.output<Need>, z.output<External>, z.output<Cluster>>
    | undefined;
  /** What tells a scraper of it; undefined when nothing does. */
  readonly exporter?: Exporter<z.output<Facts>, z.output<Need>, z.output<External>, z.output<Cluster>>;
  /** How it is saved and restored; undefined when what it holds can be lost. */
  readonly backup: Backup<z.output<Facts>, z.output<Need>, z.output<External>, z.output<Cluster>> | undefined;
}

/** The schema of a store's facts. */
export type FactsSchema = z.ZodType<{ readonly port: number }>;
/** The schema of a store outside the platform. */
export type ExternalSchema = z.ZodType<{
  readonly host: string;
  readonly port: number;
  readonly cidr?: string | undefined;
  readonly ca?: string | undefined;
}>;

/** A type that follows from what a service needs: `refs` is read with `need` filled in. */
export interface RefsKind {
  readonly need: unknown;
  readonly refs: unknown;
}

/** What a service's `env` is given of a store by what it asked of it. */
export type RefsFor<Kind, Need> = Kind extends RefsKind ? (Kind & { readonly need: Need })["refs"] : unknown;

/** Where something is reached. */
export interface Address {
  readonly host: Value;
  readonly port: Value;
}

/** A service's own database and login. */
export interface Login {
  readonly database: Value;
  readonly user: Value;
  readonly password: Value;
}

/** What references to a store are made from. */
export interface RefsContext {
  readonly address: Address;
  /** The service's own login, at a store that has logins. */
  readonly login: (database: string) => Login;
}

/** What one service asked of a store. */
export interface NeedOf<Need> {
  readonly service: string;
  readonly need: Need;
  /** Names it had before. */
  readonly renamedFrom?: readonly string[];
}

/** A topic of the platform. */
export interface Topic {
  readonly partitions: number;
  readonly replicationFactor: number;
}

/** What {@link Store.check} judges. */
export interface CheckContext<Facts, Need> {
  /** Undefined when the platform has no such store; what services say of it is judged all the same. */
  readonly facts: Facts | undefined;
  readonly needs: readonly NeedOf<Need>[];
  readonly topics: Readonly<Record<string, Topic>>;
}

/** A secret that the members of a store share. */
export interface MemberSecret {
  readonly name: string;
  /** Why one cannot replace it while they run. */
  readonly whyNotRotated: string;
}

/** What a store on a container engine is made from. */
export interface EngineContext<Facts, Port extends string = string> {
  readonly facts: Facts;
  /** What the stack is called on the engine; it stays. */
  readonly id: string;
  readonly devTools: boolean;
  // Method syntax: a store that knows fewer names is a store all the same.
  hostPort(name: Port): number | false;
}

/** What a store on a cluster is made from. */
export interface ClusterContext<Facts, Cluster> {
  readonly facts: Facts;
  readonly settings: Cluster;
  /** The namespace; it stays. */
  readonly id: string;
  readonly memberHost: MemberHost;
}

/** The name of a member inside a cluster, whole: what a member advertises must resolve from every namespace. */
export type MemberHost = (workload: string, member: number | string) => string;

/** What is needed to use a store: to prepare, save or restore it. */
export interface UseContext<Facts, Need, External, Cluster> {
  readonly facts: Facts;
  readonly needs: readonly NeedOf<Need>[];
  readonly topics: Readonly<Record<string, Topic>>;
  /** Where it is reached. */
  readonly address: { readonly host: string; readonly port: number };
  /** Set when somebody else runs it. */
  readonly external: External | undefined;
  /** Whether an exporter reads its figures, by a login of its own where it has logins. */
  readonly monitored?: boolean;
  /** Set on a cluster. */
  readonly cluster: { readonly settings: Cluster; readonly memberHost: MemberHost } | undefined;
}

/** What is needed to use a store, as those see it who know none in particular. */
export type AnyUse = UseContext<z.output<FactsSchema>, unknown, z.output<ExternalSchema>, unknown>;

/** How a store is brought to what the definition declares. */
export interface Provision<
  Facts = z.output<FactsSchema>,
  Need = unknown,
  External = z.output<ExternalSchema>,
  Cluster = unknown,
> {
  /** The form of its plans; each says its kind. */
  readonly schema: z.ZodType;
  /** What it shall have. */
  plan(context: UseContext<Facts, Need, External, Cluster>): Provisioning;
  /** What must happen before there are fewer members on a cluster; undefined when there cannot be fewer. */
  retirement?(context: UseContext<Facts, Need, External, Cluster>): Provisioning | undefined;
  /** The program that brings that about. It loads the store's client, which nobody else needs. */
  load(): Promise<{ provision(plan: never): Promise<readonly Done[]> }>;
}

/** What was done to one object of a store. */
export interface Done {
  readonly object: string;
  readonly result: "created" | "altered" | "unchanged";
  /** What whoever looks after it should know. */
  readonly note?: string;
}

/** A plan for the program that prepares stores, and the secrets whose files it names. */
export interface Provisioning<Plan extends { readonly kind: string } = { readonly kind: string }> {
  readonly plan: Plan;
  readonly secrets: readonly string[];
  /** How long it may take on a cluster, seconds; default: five minutes. */
  readonly deadlineSeconds?: number;
}

/** Where it finds a secret. */
export const passwordFile = (secret: string): string => `/run/secrets/${secret}`;
/** And the certificate of a store that somebody else runs. */
export const certificateFile = "/run/plan/ca.pem";

/** How a store is saved and restored, by its own tools. */
export interface Backup<
  Facts = z.output<FactsSchema>,
  Need = unknown,
  External = z.output<ExternalSchema>,
  Cluster = unknown,
> {
  /** How its files end, e.g. `.dump`. */
  readonly suffix: string;
  /** The image of the catalogue that has the tools. */
  readonly image: string;
  /** What is saved. */
  databases(needs: readonly NeedOf<Need>[]): readonly string[];
  /** What each of them was called before; undefined where a database cannot get another name. */
  former?(needs: readonly NeedOf<Need>[]): Readonly<Record<string, readonly string[]>>;
  /** A script for bash that saves every database; see `backup-frame.ts`. */
  script(context: UseContext<Facts, Need, External, Cluster>, args: SaveArgs): string;
  /** A script for bash that tries the newest backup of each database in a place of its own; see `verify-frame.ts`. */
  verify(context: UseContext<Facts, Need, External, Cluster>): string;
  /** Scripts for bash that bring one database back. */
  restore(context: UseContext<Facts, Need, External, Cluster>, args: RestoreArgs): RestoreScripts;
}

/** Declares a store; the compiler names every part that is missing. */
export function defineStore<
  const Facts extends FactsSchema,
  const Need extends z.ZodType,
  const Cluster extends z.ZodType,
  const External extends ExternalSchema,
  ImageNames extends string,
  PortNames extends string,
  Refs extends RefsKind,
>(
  store: Store<Facts, Need, Cluster, External, ImageNames, PortNames, Refs> & { readonly refsKind: Refs },
): Store<Facts, Need, Cluster, External, ImageNames, PortNames, Refs> {
  return store;
}

/** Says what a service's `env` is given of a store: `refsKind: refs<PostgresRefs>()`. It exists for the compiler alone. */
export const refs = <Refs extends RefsKind>(): Refs => ({}) as Refs;
