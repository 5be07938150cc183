import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { MemberFact, Value } from "../../../core/value.ts";
import type { Endpoint, ImageUse, Probe, Sidecar, Workload } from "../../../core/workload.ts";
import { resolveEnvironment } from "../../derived/environment.ts";
import type { Secrets } from "../../secrets/component.ts";
import { referenceOf } from "../../workloads/image-reference.ts";
import { escapeExpansion } from "../expansion.ts";
import { type ClusterTarget, type Content, secret } from "./cluster.ts";
import { probeTiming, resources, startup } from "./pod.ts";

type Container = k8s.types.input.core.v1.Container;
type EnvVar = k8s.types.input.core.v1.EnvVar;
type ProbeSpec = k8s.types.input.core.v1.Probe;
type Mount = k8s.types.input.core.v1.VolumeMount;

/** What a workload asks of a processor where it does not say. */
const usualCpu = "100m";

/** What a container is made of beside its workload's own words. */
export interface ContainerParts {
  readonly name: string;
  readonly env: EnvVar[];
  readonly mounts: Mount[];
  readonly lifecycle?: k8s.types.input.core.v1.Lifecycle | undefined;
}

/** A workload's own container. */
export function containerOf(
  target: ClusterTarget,
  workload: Workload,
  { name, env, mounts, lifecycle }: ContainerParts,
): Container {
  const { entrypoint, args, health, memoryMiB, cpu = usualCpu, sidecars = [] } = workload;
  const endpoints = workload.endpoints.filter(({ scope }) => scope !== "machine");
  const answerTime = health?.timeoutSeconds !== undefined && { timeoutSeconds: health.timeoutSeconds };
  const watched = sidecars.find(({ alive }) => alive !== undefined)?.alive;
  return {
    name,
    image: imageOf(target, workload.image),
    ...(entrypoint && { command: entrypoint.map(escapeExpansion) }),
    ...(args && { args: args.map(escapeExpansion) }),
    ...(env.length > 0 && { env }),
    ...(endpoints.length > 0 && { ports: endpoints.map(portOf) }),
    resources: resources(memoryMiB, cpu, storageOf(workload)),
    ...(health && {
      startupProbe: {
        ...probeOf(health.ready, endpoints),
        ...startup(health.recoverySeconds ?? health.startupSeconds, health.everySeconds),
        ...answerTime,
      },
      readinessProbe: { ...probeOf(health.ready, endpoints), ...probeTiming.readiness, ...answerTime },
      livenessProbe: {
        ...probeOf(watched ?? health.alive ?? health.ready, endpoints),
        ...(watched === undefined ? probeTiming.liveness : probeTiming.watched),
      },
    }),
    // The last words of what ends by itself are the reason that `pulumi up` and `kubectl describe` show.
    ...("job" in workload.members && { terminationMessagePolicy: "FallbackToLogsOnError" }),
    ...(lifecycle && { lifecycle }),
    volumeMounts: mounts,
  };
}

/** A request may not exceed its limit. */
const storageOf = ({ ephemeralStorageMiB: most }: Workload) =>
  most === undefined ? {} : { limit: `${most}Mi`, ...(most < 64 && { request: `${most}Mi` }) };

/** A container that goes with a workload's: there before it, gone after it. */
export function sidecarOf(target: ClusterTarget, sidecar: Sidecar): Container {
  const { name, image, args, env, endpoint, memoryMiB, cpu } = sidecar;
  const answers = { tcpSocket: { port: endpoint.name } };
  return {
    name,
    image: imageOf(target, image),
    args: args.map(escapeExpansion),
    // An init container that goes on running.
    restartPolicy: "Always",
    env: variables(target, env),
    ports: [portOf(endpoint)],
    readinessProbe: { ...answers, ...probeTiming.readiness },
    livenessProbe: { ...answers, ...probeTiming.liveness },
    resources: resources(memoryMiB, cpu),
  };
}

/** The reference of an image. */
export const imageOf = (target: ClusterTarget, image: ImageUse): pulumi.Input<string> =>
  "program" in image ? target.images[image.program] : referenceOf(image, target.settings.images);

/** The secret part of a workload's environment as an object of its own; undefined when nothing in it is secret. */
export function secretEnvironment(
  target: ClusterTarget,
  { name, host, env }: Workload,
  secrets: Secrets,
  parent: pulumi.Resource,
): Content | undefined {
  const hidden = Object.fromEntries(Object.entries(env).filter(([, value]) => value.secret));
  if (Object.keys(hidden).length === 0) return undefined;
  const data = resolveEnvironment(hidden, target.addresses, (key) => secrets.get(key));
  return secret(target, { name: `${name}-env`, component: host, data }, parent);
}

/** An environment; what is secret is read from `hidden`. */
export function variables(
  target: ClusterTarget,
  env: Readonly<Record<string, Value>>,
  hidden?: Content,
): EnvVar[] {
  return Object.entries(env).map(([name, value]): EnvVar => {
    if (value.secret && hidden !== undefined)
      return { name, valueFrom: { secretKeyRef: { name: hidden.name, key: name } } };
    const [part] = value.parts;
    if (value.parts.length > 1 && value.parts.some(({ kind }) => kind === "member"))
      throw new Error(`${name} joins what only a pod knows with text: give it a variable of its own`);
    if (part?.kind === "member") return { name, valueFrom: { fieldRef: { fieldPath: fieldOf[part.fact] } } };
    const resolved = resolveEnvironment({ [name]: value }, target.addresses, (key) => {
      throw new Error(`${name} holds the secret ${key}, and nothing keeps it`);
    });
    const text = resolved[name] ?? "";
    return { name, value: typeof text === "string" ? escapeExpansion(text) : text };
  });
}

/** Where a pod's own facts stand. Source: Kubernetes, "Downward API". */
const fieldOf: Readonly<Record<MemberFact, string>> = {
  address: "status.podIP",
  zone: "metadata.labels['topology.kubernetes.io/zone']",
};

const portOf = ({ name, port }: Endpoint) => ({ name, containerPort: port });

function probeOf(probe: Probe, endpoints: readonly Endpoint[]): ProbeSpec {
  if ("exec" in probe) return { exec: { command: probe.exec.map(escapeExpansion) } };
  if ("shell" in probe) return { exec: { command: ["sh", "-c", escapeExpansion(probe.shell)] } };
  const number = "http" in probe ? probe.port : probe.tcp;
  const port = endpoints.find((endpoint) => endpoint.port === number)?.name ?? number;
  return "http" in probe ? { httpGet: { path: probe.http, port } } : { tcpSocket: { port } };
}
