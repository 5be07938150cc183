import type { Value } from "./value.ts";

/**
 * One thing that runs, told without a target: a store, a service, the gateway, a program that prepares a store, a tool.
 * `infra/` turns it into a container, the objects of a cluster or a Compose service; no target knows what is in it.
 */
export interface Workload {
  readonly role: Role;
  /** Its name among the workloads of its platform. */
  readonly name: string;
  /** The host name by which others reach it. */
  readonly host: string;
  /** Other host names of it, on an engine's network. */
  readonly aliases?: readonly string[];
  readonly image: ImageUse;
  /** Takes the place of the image's entry point. */
  readonly entrypoint?: readonly string[];
  /** Takes the place of the image's command. */
  readonly args?: readonly string[];
  readonly env: Readonly<Record<string, Value>>;
  readonly files: readonly FileSet[];
  readonly endpoints: readonly Endpoint[];
  readonly volumes: readonly Volume[];
  /** Folders that must be writable though the root is not; emptied when it goes. */
  readonly scratch?: readonly Scratch[];
  /** Default: nothing asks whether it is well. */
  readonly health?: Health;
  /** Run inside it once it has started; it counts as ready only after that. The Docker provider has no such hook. */
  readonly afterStart?: readonly string[];
  readonly memoryMiB: number;
  /** How large /dev/shm is, part of its memory; default: what the target gives, mostly 64 MiB. */
  readonly sharedMemoryMiB?: number;
  /** What it asks of a processor, in cores (`250m` is a quarter). An engine does not share out processors: only a cluster asks. */
  readonly cpu?: string;
  /**
   * The most that it may write of what goes with it: its scratch and its log, MiB; default: 2048. An engine does not count it: a
   * cluster ends a pod that fills its node.
   */
  readonly ephemeralStorageMiB?: number;
  /** How many there are. */
  readonly members: Members;
  /** Between SIGTERM and SIGKILL, seconds. */
  readonly stopGraceSeconds: number;
  /**
   * How long a deployment on a cluster waits until it is ready, seconds; default: what it may take to start, and two minutes. An
   * engine waits for its health alone.
   */
  readonly deadlineSeconds?: number;
  /** Host names of the workloads that must be ready before it starts. */
  readonly dependsOn: readonly string[];
  /** Host names of workloads: when one of them is replaced by a changed one, this one is restarted, too. */
  readonly restartWith: readonly string[];
  /** Whom it runs as; default: what its image says, and nobody in particular on a cluster, where nobody may be root. */
  readonly user?: User;
  /** Its root is not written. On a cluster that holds for everything; an engine is told of those whose image bears it. */
  readonly readOnlyRoot?: boolean;
  /** It needs no capability: its entry point changes no user. On a cluster nothing has any. */
  readonly withoutCapabilities?: boolean;
  /** Containers that go with it in a pod. An engine knows no pods; there each is a workload of its own. */
  readonly sidecars?: readonly Sidecar[];
  /** What a stack adds that only a cluster knows. */
  readonly placement?: Placement;
}

/** What a workload is to the platform; a retirement empties members of a store before they go. */
export type Role = "retirement" | "store" | "provisioner" | "service" | "gateway" | "tool" | "backup";

/** An image: an entry of the catalogue, one of the project's own programs, or what a reference names. */
export type ImageUse =
  | { readonly catalogue: string }
  | { readonly program: OwnProgram; readonly files?: Readonly<Record<string, string>> }
  | { readonly reference: string };

/** The project's own programs that run as containers. */
export const ownPrograms = ["gateway", "provision", "sample"] as const;
/** One of them. */
export type OwnProgram = (typeof ownPrograms)[number];

/** Files put into one folder before it starts, and never part of an image. */
export interface FileSet {
  /** What keeps them. */
  readonly name: string;
  /** What a pod calls the folder. */
  readonly volume: string;
  readonly directory: string;
  readonly files: Readonly<Record<string, Value>>;
}

/** A port it listens at. */
export interface Endpoint {
  readonly name: string;
  readonly port: number;
  /**
   * Who connects: any client (default), other members of the same store, programs on the machine of the engine alone, or who
   * reads metrics.
   */
  readonly scope?: "clients" | "members" | "machine" | "monitoring";
  /** The port of the engine's machine that leads to it; default and false: none does. */
  readonly published?: number | false;
  /** The name of the page that a person finds there. */
  readonly page?: string;
}

/** A folder that outlives it. */
export interface Volume {
  readonly name: string;
  readonly path: string;
  /** A quantity such as `20Gi`. A cluster must know it; volumes of an engine have no size. */
  readonly size?: string;
  /** Nodes mount it at once; default: one does. Only a cluster has several. */
  readonly shared?: boolean;
  /** What the image has at the path is copied into a new one, where a target does not do that by itself. */
  readonly seeded?: boolean;
  /** It outlives its stack: nothing that takes the stack down deletes it, not even with its data. */
  readonly kept?: boolean;
}

/** A folder that is emptied. */
export interface Scratch {
  readonly name: string;
  readonly path: string;
}

/**
 * How one asks whether it is well: a command, a line for its shell, an HTTP path that answers 200, or a connect. The last two
 * are asked from outside where a target can do that, and else inside, with what the image has.
 */
export type Probe =
  | {
      readonly exec: readonly string[];
      /** It takes seconds as its last argument: once it has passed, it waits that long before it asks again. */
      readonly rests?: true;
    }
  | { readonly shell: string }
  | { readonly http: string; readonly port: number; readonly tool?: ProbeTool }
  | { readonly tcp: number; readonly tool?: ProbeTool };

/** What an image can run a probe with. */
export type ProbeTool = "wget" | "bash" | "none";

/** How its health is found out. */
export interface Health {
  /** It serves. */
  readonly ready: Probe;
  /** It need not be restarted; default: as `ready`. Only a cluster restarts what is not alive. */
  readonly alive?: Probe;
  /** The longest time from start to ready, seconds. */
  readonly startupSeconds: number;
  /**
   * The longest time of a start that makes data whole after a crash, seconds; default: as `startupSeconds`. A cluster kills what is
   * later, and the next start would begin anew. An engine kills nothing.
   */
  readonly recoverySeconds?: number;
  /** Between two probes while it starts, seconds; default: 2. */
  readonly everySeconds?: number;
  /** Between two probes once it is ready, seconds; default: 30. A cluster probes a pod that runs at the platform's own pace. */
  readonly restSeconds?: number;
  /** How long an answer may take, seconds; default: 5. */
  readonly timeoutSeconds?: number;
  /**
   * A page inside the platform that answers 200 once it must be started anew. An engine restarts what has ended and nothing else,
   * so its own probe ends it then. A cluster asks a sidecar instead.
   */
  readonly endsOn?: { readonly host: string; readonly port: number; readonly path: string };
}

/** How many there are, and of which kind. */
export type Members =
  /** Any number of equals. */
  | { readonly replicas: number; readonly autoscale?: Autoscale | undefined }
  /** A fixed number, each with volumes and a name of its own. */
  | {
      readonly stateful: number;
      /** All start at once; otherwise one after the other. */
      readonly parallel?: boolean;
      /** How long one must be ready before the next one is restarted, seconds. */
      readonly settleSeconds?: number;
    }
  /** It ends by itself. */
  | { readonly job: true };

/** Bounds of a number that follows the load. */
export interface Autoscale {
  readonly min: number;
  readonly max: number;
  /** Average use of what it asks of a processor, percent. */
  readonly cpuPercent: number;
}

/** Who it runs as. */
export interface User {
  readonly uid: number;
  /** Default: the uid. */
  readonly gid?: number;
}

/** How many failures in a row of a sidecar's `alive` end what it goes with: one may be a probe that was lost. */
export const orderAnswers = 2;

/** A container that goes with another one. */
export interface Sidecar {
  readonly name: string;
  readonly image: ImageUse;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, Value>>;
  readonly endpoint: Endpoint;
  /** Answers whether what it goes with is alive; patient itself, so that {@link orderAnswers} failures in a row are an order. */
  readonly alive?: Probe;
  /** The path at its endpoint that answers 200 once what it watches must be started anew; each such answer is an order. */
  readonly dead?: string;
  readonly memoryMiB: number;
  readonly cpu: string;
}

/** Where and as whom its pods run. */
export interface Placement {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly serviceAccount?: string;
}
