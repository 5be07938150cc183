import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { bounded } from "../../../core/names.ts";
import { quoted } from "../../../core/shell.ts";
import type { Workload } from "../../../core/workload.ts";
import { claimsOf } from "../claims.ts";
import { labelsOf, selectorOf } from "../labels.ts";
import { persistentVolumeClaim } from "./claim.ts";
import { type ClusterTarget, ipFamilySpec } from "./cluster.ts";
import { containerOf, imageOf, secretEnvironment, sidecarOf, variables } from "./container.ts";
import { mountFiles } from "./files.ts";
import { scrapeAnnotations } from "./monitors.ts";
import { withdrawSeconds } from "./names.ts";
import { awaitedMetadata, podOf, podTemplate, resources } from "./pod.ts";
import { replicasOf, scalingResources } from "./scaling.ts";
import type { SetParts } from "./stateful-set.ts";

/** A replicated workload. */
export type ReplicatedWorkload = Workload & {
  readonly members: Extract<Workload["members"], { readonly replicas: number }>;
};

/** A replicated workload: Deployment, with a disruption budget and an autoscaler where it has several pods. */
export function deployment(
  target: ClusterTarget,
  workload: ReplicatedWorkload,
  { secrets, after, annotations }: SetParts,
  parent: pulumi.Resource,
): k8s.apps.v1.Deployment {
  const { name, host, role, members, placement = {} } = workload;
  const hidden = secretEnvironment(target, workload, secrets, parent);
  const files = mountFiles(target, workload, secrets, parent);
  const claims = volumeClaims(target, workload, parent);
  const base = { parent, dependsOn: [...target.ready] };
  scalingResources(target, workload, members, base);
  const seeds = seedsOf(target, workload);
  const sidecars = (workload.sidecars ?? []).map((sidecar) => sidecarOf(target, sidecar));
  const several = (members.autoscale?.max ?? members.replicas) > 1;
  return new k8s.apps.v1.Deployment(
    name,
    {
      metadata: { name, ...awaitedMetadata(target, workload) },
      spec: {
        ...replicasOf(members),
        revisionHistoryLimit: 3,
        strategy: strategyOf(workload),
        selector: { matchLabels: selectorOf(target, host) },
        template: podTemplate(target, {
          ...podOf(workload),
          spread: role === "gateway" || several ? "replicas" : undefined,
          movable: !workload.volumes.some(isOfOneNode),
          stopGraceSeconds: workload.stopGraceSeconds + withdrawSeconds,
          annotations: { ...scrapeAnnotations(target, workload), ...placement.annotations, ...annotations },
          ...(workload.volumes.some(isOfOneNode) && { affinity: preferSameNode(target, host) }),
          volumes: [
            ...files.volumes,
            ...claims.map((made) => ({
              name: made.volume,
              persistentVolumeClaim: { claimName: made.claim.metadata.name },
            })),
          ],
          initContainers: [...seeds, ...sidecars],
          containers: [
            containerOf(target, workload, {
              name,
              env: variables(target, workload.env, hidden),
              mounts: [
                ...files.mounts,
                ...workload.volumes.map((volume) => ({ name: volume.name, mountPath: volume.path })),
              ],
              // Needs nothing in the image: the kubelet sleeps.
              lifecycle: { preStop: { sleep: { seconds: withdrawSeconds } } },
            }),
          ],
        }),
      },
    },
    {
      parent,
      dependsOn: [...target.ready, ...after, ...(hidden ? [hidden.resource] : []), ...files.resources],
      // The API server refuses a change between the two types: an empty `rollingUpdate` stays behind. Claims are objects of their own.
      replaceOnChanges: ["spec.strategy.type"],
      deleteBeforeReplace: true,
    },
  );
}

/**
 * The new pod is ready before the old one goes: one more for a moment is what every service bears. Not where one node alone
 * mounts its volume: on another node the new pod would wait for the old one, which waits for it.
 */
const strategyOf = ({ volumes }: Workload): k8s.types.input.apps.v1.DeploymentStrategy =>
  volumes.some(isOfOneNode)
    ? { type: "Recreate" }
    : { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };

/** The Service of a replicated workload. */
export function clientService(
  target: ClusterTarget,
  { name, endpoints }: Workload,
  parent: pulumi.Resource,
): k8s.core.v1.Service {
  return new k8s.core.v1.Service(
    name,
    {
      metadata: { name, namespace: target.namespace, labels: labelsOf(target, name) },
      spec: {
        ...ipFamilySpec(target),
        selector: selectorOf(target, name),
        ports: endpoints
          .filter(({ scope = "clients" }) => scope === "clients")
          .map((endpoint) => ({ name: endpoint.name, port: endpoint.port, targetPort: endpoint.name })),
      },
    },
    { parent, dependsOn: [...target.ready] },
  );
}

const volumeClaims = (target: ClusterTarget, workload: Workload, parent: pulumi.Resource) =>
  claimsOf(workload).map(({ name, volume, size }) => ({
    volume: volume.name,
    claim: persistentVolumeClaim(
      target,
      {
        name,
        component: workload.name,
        size,
        shared: !isOfOneNode(volume),
        retained: target.settings.kubernetes.volumes === "retain",
      },
      parent,
    ),
  }));

const isOfOneNode = ({ shared }: Workload["volumes"][number]): boolean => shared !== true;

/** What the image brings is copied in once: an empty volume would hide it, and what people changed stays. */
const seedsOf = (target: ClusterTarget, { image, volumes }: Workload) =>
  volumes
    .filter(({ seeded }) => seeded)
    .map(({ name, path }) => ({
      name: bounded(`seed-${name}`),
      image: imageOf(target, image),
      command: ["sh", "-c", `if [ -d ${quoted(path)} ]; then cp -Rn ${quoted(`${path}/.`)} /volume/; fi`],
      resources: resources(64, "10m"),
      volumeMounts: [{ name, mountPath: "/volume" }],
    }));

/**
 * A volume that one node writes: the next pod should start beside the one it follows. Not `required`: a pod that
 * leaves a closed node would keep its successor from every other one, and the scheduler does not look again when
 * it has gone (Kubernetes 1.34: five minutes).
 */
const preferSameNode = (target: ClusterTarget, host: string): k8s.types.input.core.v1.Affinity => ({
  podAffinity: {
    preferredDuringSchedulingIgnoredDuringExecution: [
      {
        weight: 100,
        podAffinityTerm: {
          topologyKey: "kubernetes.io/hostname",
          labelSelector: { matchLabels: selectorOf(target, host) },
        },
      },
    ],
  },
});
