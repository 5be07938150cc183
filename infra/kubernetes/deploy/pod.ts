import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { orderAnswers, type Workload } from "../../../core/workload.ts";
import { labelsOf, selectorOf } from "../labels.ts";
import type { ClusterTarget } from "./cluster.ts";

type Container = k8s.types.input.core.v1.Container;
type Mount = k8s.types.input.core.v1.VolumeMount;
type PodSpec = k8s.types.input.core.v1.PodSpec;
type Template = k8s.types.input.core.v1.PodTemplateSpec;

/** What differs between the platform's pods. */
export interface PodArgs {
  readonly component: string;
  readonly uid: number;
  /** Group that owns the volumes; default: the uid. */
  readonly gid?: number;
  readonly containers: Container[];
  readonly initContainers?: Container[];
  readonly volumes?: k8s.types.input.core.v1.Volume[];
  /** Folders that must be writable although the root is not; emptied with the pod. */
  readonly scratch?: readonly { readonly name: string; readonly path: string }[];
  /** Size of /dev/shm, where the runtime's own 64 MiB are not enough. */
  readonly sharedMemoryMiB?: number;
  /** Seconds between SIGTERM and SIGKILL, what `preStop` takes included. */
  readonly stopGraceSeconds: number;
  readonly annotations?: Readonly<Record<string, pulumi.Input<string>>>;
  /** Spread over nodes and zones: the members of a store, or the replicas of a Deployment. */
  readonly spread?: "members" | "replicas" | undefined;
  /** May be started elsewhere as soon as its node is lost: has no volume that stays behind. */
  readonly movable?: boolean;
  readonly restartPolicy?: "Always" | "OnFailure" | "Never";
  readonly affinity?: k8s.types.input.core.v1.Affinity;
  readonly nodeSelector?: Readonly<Record<string, string>> | undefined;
  readonly serviceAccountName?: string | undefined;
}

/** The user of a workload that says nothing: nothing may run as root, nothing in most images needs it, and no node has such a user. */
const usualUid = 10001;

/** What a workload says of its pods. */
export const podOf = ({
  host,
  user,
  scratch,
  sharedMemoryMiB,
  stopGraceSeconds,
  placement,
}: Workload): Pick<
  PodArgs,
  | "component"
  | "uid"
  | "gid"
  | "scratch"
  | "sharedMemoryMiB"
  | "stopGraceSeconds"
  | "nodeSelector"
  | "serviceAccountName"
> => ({
  component: host,
  uid: user?.uid ?? usualUid,
  ...(user?.gid !== undefined && { gid: user.gid }),
  ...(scratch && { scratch }),
  ...(sharedMemoryMiB !== undefined && { sharedMemoryMiB }),
  stopGraceSeconds,
  nodeSelector: placement?.nodeSelector,
  serviceAccountName: placement?.serviceAccount,
});

/** The metadata of what `up` waits for; it has no name yet. */
export const awaitedMetadata = (target: ClusterTarget, workload: Workload) => ({
  namespace: target.namespace,
  labels: labelsOf(target, workload.host),
  annotations: { "pulumi.com/timeoutSeconds": String(deadlineOf(workload)) },
});

/** How long `up` waits for a workload, seconds. */
export const deadlineOf = ({ deadlineSeconds, health }: Workload): number =>
  deadlineSeconds ?? (health?.startupSeconds ?? 60) + 120;

/** Security of every container. Source: Kubernetes, "Pod Security Standards", Restricted. */
export const restricted: k8s.types.input.core.v1.SecurityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  readOnlyRootFilesystem: true,
  privileged: false,
};

/**
 * What a container may write to its node's disk. Its log alone takes 50 MiB (the kubelet keeps five files of 10 MiB); the
 * limit is what keeps one pod from filling the disk under all others, and far from what any of them uses.
 */
const usualStorage = { request: "64Mi", limit: "2Gi" };

/**
 * Requests and limits: memory is both, so that a pod is never killed for what another one takes; CPU is asked for and
 * not limited, since throttling only adds latency.
 */
export const resources = (
  memoryMiB: number,
  cpu: string,
  storage: Partial<typeof usualStorage> = {},
): k8s.types.input.core.v1.ResourceRequirements => {
  const { request, limit } = { ...usualStorage, ...storage };
  return {
    requests: { cpu, memory: `${memoryMiB}Mi`, "ephemeral-storage": request },
    limits: { memory: `${memoryMiB}Mi`, "ephemeral-storage": limit },
  };
};

/**
 * A pod leaves a lost node 30 s after Kubernetes has taken it for lost (40 to 50 s of silence), not five minutes, which is
 * Kubernetes' default. Source: Kubernetes, "Taints and Tolerations", taint based evictions.
 */
const lostNode: k8s.types.input.core.v1.Toleration[] = ["not-ready", "unreachable"].map((condition) => ({
  key: `node.kubernetes.io/${condition}`,
  operator: "Exists",
  effect: "NoExecute",
  tolerationSeconds: 30,
}));

/** A pod template with the rules of this platform: restricted, without a token for the API, spread where told. */
export function podTemplate(target: ClusterTarget, args: PodArgs): Template {
  // Memory of the pod: what is in it counts against the limit of its container.
  const shared = args.sharedMemoryMiB === undefined ? [] : [{ name: "shm", path: "/dev/shm" }];
  const scratch = args.scratch ?? [];
  const mounts = [...scratch, ...shared].map(({ name, path }) => ({ name, mountPath: path }));
  const withDefaults = (container: Container): Container => ({
    imagePullPolicy: "IfNotPresent",
    securityContext: restricted,
    ...container,
    volumeMounts: [...((container.volumeMounts ?? []) as Mount[]), ...mounts],
  });
  const spec: PodSpec = {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: args.stopGraceSeconds,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: args.uid,
      runAsGroup: args.gid ?? args.uid,
      fsGroup: args.gid ?? args.uid,
      fsGroupChangePolicy: "OnRootMismatch",
      seccompProfile: { type: "RuntimeDefault" },
    },
    ...(target.settings.kubernetes.pullSecrets.length > 0 && {
      imagePullSecrets: target.settings.kubernetes.pullSecrets.map((name) => ({ name })),
    }),
    ...(args.restartPolicy && { restartPolicy: args.restartPolicy }),
    ...(args.affinity && { affinity: args.affinity }),
    ...(args.nodeSelector && { nodeSelector: { ...args.nodeSelector } }),
    ...(args.serviceAccountName !== undefined && { serviceAccountName: args.serviceAccountName }),
    ...(args.movable && { tolerations: lostNode }),
    ...(args.spread && {
      topologySpreadConstraints: ["kubernetes.io/hostname", "topology.kubernetes.io/zone"].map(
        (topologyKey) => ({
          topologyKey,
          maxSkew: 1,
          // Never DoNotSchedule: a member whose volume stays where it is could then not come back beside another one.
          whenUnsatisfiable: "ScheduleAnyway",
          labelSelector: { matchLabels: selectorOf(target, args.component) },
          // Of a rolling update only the new pods count: the old ones leave, and would pull them onto one node.
          ...(args.spread === "replicas" && { matchLabelKeys: ["pod-template-hash"] }),
        }),
      ),
    }),
    ...(args.initContainers &&
      args.initContainers.length > 0 && { initContainers: args.initContainers.map(withDefaults) }),
    containers: args.containers.map(withDefaults),
    volumes: [
      ...(args.volumes ?? []),
      ...scratch.map(({ name }) => ({ name, emptyDir: {} })),
      ...shared.map(({ name }) => ({
        name,
        emptyDir: { medium: "Memory", sizeLimit: `${args.sharedMemoryMiB}Mi` },
      })),
    ],
  };
  return {
    metadata: {
      labels: labelsOf(target, args.component),
      ...(Object.keys(args.annotations ?? {}).length > 0 && { annotations: { ...args.annotations } }),
    },
    spec,
  };
}

/** Period, time for an answer and failures of the probes of what runs. */
export const probeTiming = {
  readiness: { periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 3 },
  // Dead is said late and only of what cannot recover: a store under load must not be killed for it.
  liveness: { periodSeconds: 15, timeoutSeconds: 10, failureThreshold: 4 },
  // Who answers in its place has been patient already.
  watched: { periodSeconds: 5, timeoutSeconds: 5, failureThreshold: orderAnswers },
} as const;

/** A start-up probe that gives up after a time; both in seconds. */
export const startup = (seconds: number, every = 2) => ({
  periodSeconds: every,
  timeoutSeconds: 5,
  failureThreshold: Math.ceil(seconds / every),
});
