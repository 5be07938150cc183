import type { Stack } from "@pulumi/pulumi/automation/index.js";
import type Docker from "dockerode";
import type { PlatformModel } from "../../config/define/model.ts";
import type { Settings } from "../../config/settings/schema.ts";
import type { Workload } from "../../core/workload.ts";
import type { ClusterPlace } from "../../infra/kubernetes/operate/client.ts";
import type { BackupOperations } from "../../infra/operate/backups.ts";
import type { Check } from "../../infra/operate/check.ts";
import type { Inside } from "../../infra/operate/inside.ts";
import type { LogPlace } from "../../infra/operate/logs/place.ts";
import type { PartState } from "../../infra/operate/parts.ts";
import type { Restoring } from "../../infra/operate/restoring.ts";
import type { StackState } from "../../infra/operate/stack-state.ts";
import type { UsageMeter } from "../../infra/operate/top/usage.ts";
import type { Transform } from "../../infra/workloads/transform.ts";
import { runUnderWay } from "../lock.ts";

/** What a target is opened with. */
export interface TargetArgs<S extends Settings = Settings> {
  readonly name: string;
  readonly stack: Stack;
  readonly settings: S;
  readonly platform: PlatformModel;
  /** What the stack changes of its workloads. */
  readonly transform: Transform | undefined;
  /** The container engine of this machine; images are built on it for every target. */
  readonly engine: Docker;
  readonly address: string | undefined;
  /** Name prefix of the stack on the engine. */
  readonly prefix: string;
  /** The project's root folder. */
  readonly root: string;
  /** What this clone keeps for itself and git ignores. */
  readonly home: string;
}

/** What the commands need of the place a stack runs on. */
export interface Target {
  readonly kind: Settings["target"];
  /** The provider plugin it wants. */
  readonly plugin: "docker" | "kubernetes";
  /** The cluster and the namespace; undefined on a container engine. @throws {InputError} when the kubeconfig names none. */
  place(): ClusterPlace | undefined;
  /** Whether it answers, and is the place the stack was made on; the first thing every command on it asks. */
  reach(state?: StackState): Promise<Check[]>;
  /** What else `up` needs; called when it answers. */
  checks(state: StackState): Promise<Check[]>;
  /** Lets the stack go on in a place it was not made on. */
  adopt(state: StackState): Promise<void>;
  /** Makes images that the checks look for. */
  beforeChecks(): Promise<void>;
  /** Makes what `up` needs and the checks do not. */
  afterChecks(): Promise<void>;
  /** What a refresh has to leave out, since it would be read back as another: URNs; undefined where that is nothing. */
  settled(state: StackState): Promise<readonly string[] | undefined>;
  /** Helps along what the provider waits for, while a deployment runs. @returns ends it. */
  assist(): () => void;
  /** What a resource that is being made or deleted says meanwhile: the end of its log, or why it waits. May throw. */
  lastWords(resource: string): Promise<string | undefined>;
  /** Returns when every address of the stack answers, or nobody waits for it any more. @throws {DeploymentError} when they do not. */
  untilAnswering(urls: Readonly<Record<string, string>>, ended?: AbortSignal): Promise<void>;
  /** What there is of it, what should be there and is not, and how its backups are. */
  parts(state: StackState): Promise<PartState[]>;
  /** The restores that are under way. */
  restoring(): Promise<Restoring[]>;
  /** Whether something of a stack whose state was lost is here, and can be shown and taken down all the same. */
  hasRemains(): Promise<boolean>;
  /** Why a deployment failed: lines about every part that is not well. */
  explain(): Promise<string[]>;
  /** The way into it while it runs. */
  inside(): Inside;
  /** What can be done with what is saved of it. */
  backups(): Promise<BackupOperations>;
  /** What its parts log. */
  logs(): LogPlace;
  /** What its parts use. */
  usage(): UsageMeter;
  /** What is planned to run of it. */
  planned(): Workload[];
  /** Makes way for a destroy. */
  beforeDown(): Promise<void>;
  /** Removes what a destroy leaves. @param volumes also the data. */
  afterDown(volumes: boolean): Promise<void>;
}

/** The status a URL answers with; 0 when nothing does. */
export const statusOf = (url: string): Promise<number> =>
  fetch(url, { signal: AbortSignal.timeout(5000), redirect: "manual" }).then(
    (response) => response.status,
    () => 0,
  );

/** What mends a stack of which something is missing: first of all, that a run that is making it ends. */
export const mendOf = ({ name, root }: Pick<TargetArgs, "name" | "root">, mend: string): string =>
  runUnderWay(name, root) === undefined ? mend : "wait for the run that is under way";
