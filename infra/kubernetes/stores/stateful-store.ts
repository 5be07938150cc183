import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { claim } from "../claim.ts";
import { type ClusterTarget, labelsOf, selectorOf } from "../cluster.ts";
import { type PodArgs, podTemplate } from "../pod.ts";

/** What differs between the stores. */
export interface StatefulStoreArgs {
  /** Component and name of the StatefulSet; its pods are `<name>-0` and so on. */
  readonly name: string;
  /** The host name that others use. */
  readonly host: string;
  readonly replicas: number;
  readonly port: { readonly name: string; readonly number: number };
  /** Ports that members of the store use among themselves. */
  readonly memberPorts?: readonly { readonly name: string; readonly number: number }[];
  readonly volume: { readonly name: string; readonly size: string };
  readonly pod: Omit<PodArgs, "component">;
  /** Start all members at once; otherwise one after the other. */
  readonly parallel?: boolean;
  /** Seconds a member must be ready before the next one is restarted. */
  readonly minReadySeconds?: number;
  /** Seconds that `up` waits for it. */
  readonly timeoutSeconds: number;
}

/** The Service by which the members of a store find each other. */
export const headlessName = (name: string): string => `${name}-members`;
/** The name of a member inside the cluster, whole: what a member advertises must resolve from every namespace. */
export const memberHost = (
  target: Pick<ClusterTarget, "namespace">,
  name: string,
  member: number | string,
): string => `${name}-${member}.${headlessName(name)}.${target.namespace}.svc`;

/**
 * A store: StatefulSet, headless Service for its members, Service for its clients, and a disruption budget where it
 * has several members. Its claims are made here, under the names by which the set finds them: a set's template is for
 * good, a claim's size can grow. They outlive the stack unless it says `volumes: delete`.
 */
export function statefulStore(
  target: ClusterTarget,
  args: StatefulStoreArgs,
  opts: { readonly parent: pulumi.Resource; readonly dependsOn: readonly pulumi.Resource[] },
): k8s.apps.v1.StatefulSet {
  const { settings, namespace } = target;
  const labels = labelsOf(target, args.host);
  const selector = selectorOf(target, args.host);
  const base = { parent: opts.parent, dependsOn: [...target.ready] };
  const port = ({ name, number }: { name: string; number: number }) => ({
    name,
    port: number,
    targetPort: number,
  });
  const headless = new k8s.core.v1.Service(
    headlessName(args.name),
    {
      metadata: { name: headlessName(args.name), namespace, labels },
      spec: {
        clusterIP: "None",
        // Members must find each other before any of them is ready.
        publishNotReadyAddresses: true,
        selector,
        ports: [args.port, ...(args.memberPorts ?? [])].map(port),
      },
    },
    base,
  );
  const claims = Array.from({ length: args.replicas }, (_, member) =>
    claim(
      target,
      {
        // Source: Kubernetes, "StatefulSets", stable storage: `<template>-<set>-<ordinal>`.
        name: `${args.volume.name}-${args.name}-${member}`,
        component: args.host,
        size: args.volume.size,
        retained: settings.kubernetes.volumes === "retain",
      },
      opts.parent,
    ),
  );
  const set = new k8s.apps.v1.StatefulSet(
    args.name,
    {
      metadata: {
        name: args.name,
        namespace,
        labels,
        annotations: { "pulumi.com/timeoutSeconds": String(args.timeoutSeconds) },
      },
      spec: {
        serviceName: headlessName(args.name),
        replicas: args.replicas,
        podManagementPolicy: args.parallel ? "Parallel" : "OrderedReady",
        ...(args.minReadySeconds !== undefined && { minReadySeconds: args.minReadySeconds }),
        // The set does not own its claims.
        persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
        selector: { matchLabels: selector },
        template: podTemplate(target, {
          component: args.host,
          ...args.pod,
          spread: args.replicas > 1 ? "members" : undefined,
        }),
        volumeClaimTemplates: [
          {
            metadata: { name: args.volume.name, labels: selector },
            spec: {
              accessModes: ["ReadWriteOnce"],
              ...(settings.kubernetes.storageClass !== undefined && {
                storageClassName: settings.kubernetes.storageClass,
              }),
              resources: { requests: { storage: args.volume.size } },
            },
          },
        ],
      },
    },
    {
      ...base,
      dependsOn: [...target.ready, ...opts.dependsOn, headless, ...claims],
      // The claims of a store are its data: a set that must be made anew may not overlap with its successor.
      deleteBeforeReplace: true,
      // Claims are there before the set looks for them. Another template would be another set, and a store that is down.
      ignoreChanges: ["spec.volumeClaimTemplates"],
    },
  );
  new k8s.core.v1.Service(
    args.host,
    {
      metadata: { name: args.host, namespace, labels },
      spec: { selector, ports: [port(args.port)] },
    },
    { ...base, dependsOn: [...target.ready, set] },
  );
  if (args.replicas > 1)
    new k8s.policy.v1.PodDisruptionBudget(
      args.name,
      {
        metadata: { name: args.name, namespace, labels },
        spec: { maxUnavailable: 1, selector: { matchLabels: selector } },
      },
      base,
    );
  return set;
}
