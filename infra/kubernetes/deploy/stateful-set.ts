import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Workload } from "../../../core/workload.ts";
import type { Secrets } from "../../secrets/component.ts";
import { claimsOf, sizeOf } from "../claims.ts";
import { labelsOf, selectorOf } from "../labels.ts";
import { claimSpec, persistentVolumeClaim } from "./claim.ts";
import { type ClusterTarget, ipFamilySpec } from "./cluster.ts";
import { containerOf, secretEnvironment, sidecarOf, variables } from "./container.ts";
import { mountFiles } from "./files.ts";
import { headlessName } from "./names.ts";
import { awaitedMetadata, podOf, podTemplate } from "./pod.ts";
import { disruptionBudget } from "./scaling.ts";

/** A workload whose members have volumes and names of their own. */
export type StatefulWorkload = Workload & {
  readonly members: Extract<Workload["members"], { readonly stateful: number }>;
};

/** What a set depends on. */
export interface SetParts {
  readonly secrets: Secrets;
  readonly after: readonly pulumi.Resource[];
  /** Change with what its members must be started anew with. */
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * A store: StatefulSet, headless Service for its members, Service for its clients, and a disruption budget where it
 * has several members. Its claims are made here, under the names by which the set finds them: a set's template is for
 * good, a claim's size can grow. They outlive the stack unless it says `volumes: delete`.
 */
export function statefulSet(
  target: ClusterTarget,
  workload: StatefulWorkload,
  { secrets, after, annotations }: SetParts,
  parent: pulumi.Resource,
): k8s.apps.v1.StatefulSet {
  const { namespace } = target;
  const { name, host, members, endpoints } = workload;
  const files = mountFiles(target, workload, secrets, parent);
  const hidden = secretEnvironment(target, workload, secrets, parent);
  const labels = labelsOf(target, host);
  const selector = selectorOf(target, host);
  const base = { parent, dependsOn: [...target.ready] };
  const port = (endpoint: { name: string; port: number }) => ({
    name: endpoint.name,
    port: endpoint.port,
    targetPort: endpoint.port,
  });
  const open = endpoints.filter(({ scope }) => scope !== "machine");
  const headless = new k8s.core.v1.Service(
    headlessName(name),
    {
      metadata: { name: headlessName(name), namespace, labels },
      spec: {
        clusterIP: "None",
        ...ipFamilySpec(target),
        // Members must find each other before any of them is ready.
        publishNotReadyAddresses: true,
        selector,
        ports: open.map(port),
      },
    },
    base,
  );
  const claims = volumeClaims(target, workload, parent);
  const set = new k8s.apps.v1.StatefulSet(
    name,
    {
      metadata: { name, ...awaitedMetadata(target, workload) },
      spec: {
        serviceName: headlessName(name),
        replicas: members.stateful,
        podManagementPolicy: members.parallel ? "Parallel" : "OrderedReady",
        ...(members.settleSeconds !== undefined && { minReadySeconds: members.settleSeconds }),
        // The set does not own its claims.
        persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
        selector: { matchLabels: selector },
        template: podTemplate(target, {
          ...podOf(workload),
          spread: members.stateful > 1 ? "members" : undefined,
          annotations: { ...workload.placement?.annotations, ...annotations },
          volumes: files.volumes,
          initContainers: (workload.sidecars ?? []).map((sidecar) => sidecarOf(target, sidecar)),
          containers: [
            containerOf(target, workload, {
              name,
              env: variables(target, workload.env, hidden),
              mounts: [
                ...workload.volumes.map((volume) => ({ name: volume.name, mountPath: volume.path })),
                ...files.mounts,
              ],
              lifecycle: workload.afterStart && {
                postStart: { exec: { command: [...workload.afterStart] } },
              },
            }),
          ],
        }),
        volumeClaimTemplates: workload.volumes.map((volume) => ({
          metadata: { name: volume.name, labels: selector },
          spec: claimSpec(target, sizeOf(workload.name, volume)),
        })),
      },
    },
    {
      ...base,
      dependsOn: [
        ...target.ready,
        ...after,
        ...files.resources,
        ...(hidden ? [hidden.resource] : []),
        headless,
        ...claims,
      ],
      // The claims of a store are its data: a set that must be made anew may not overlap with its successor.
      deleteBeforeReplace: true,
      // Claims are there before the set looks for them. Another template would be another set, and a store that is down.
      ignoreChanges: ["spec.volumeClaimTemplates"],
    },
  );
  new k8s.core.v1.Service(
    host,
    {
      metadata: { name: host, namespace, labels },
      spec: {
        ...ipFamilySpec(target),
        selector,
        ports: open.filter(({ scope = "clients" }) => scope === "clients").map(port),
      },
    },
    { ...base, dependsOn: [...target.ready, set] },
  );
  if (members.stateful > 1) disruptionBudget(target, workload, base);
  return set;
}

const volumeClaims = (
  target: ClusterTarget,
  workload: StatefulWorkload,
  parent: pulumi.Resource,
): k8s.core.v1.PersistentVolumeClaim[] =>
  claimsOf(workload).map(({ name, size }) =>
    persistentVolumeClaim(
      target,
      {
        name,
        component: workload.host,
        size,
        retained: target.settings.kubernetes.volumes === "retain",
      },
      parent,
    ),
  );
