import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Autoscale } from "../../../config/settings/kubernetes.ts";
import type { Workload } from "../../../core/workload.ts";
import { labelsOf, selectorOf } from "../labels.ts";
import type { ClusterTarget } from "./cluster.ts";

/** How many pods a Deployment has. */
export interface Scale {
  readonly replicas: number;
  readonly autoscale?: Autoscale | undefined;
}

/** The field `replicas` of a Deployment: left out where an autoscaler sets it. */
export const replicasOf = ({ replicas, autoscale }: Scale): { replicas?: number } =>
  autoscale === undefined ? { replicas } : {};

/** What keeps a Deployment of several pods available: a disruption budget, and its autoscaler. */
export function scalingResources(
  target: ClusterTarget,
  workload: Workload,
  { replicas, autoscale }: Scale,
  opts: pulumi.CustomResourceOptions,
): void {
  const { name } = workload;
  if ((autoscale?.max ?? replicas) > 1) disruptionBudget(target, workload, opts);
  if (autoscale !== undefined)
    new k8s.autoscaling.v2.HorizontalPodAutoscaler(
      name,
      {
        metadata: metadataOf(target, workload),
        spec: {
          scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name },
          minReplicas: autoscale.min,
          maxReplicas: autoscale.max,
          metrics: [
            {
              type: "Resource",
              resource: {
                name: "cpu",
                target: { type: "Utilization", averageUtilization: autoscale.cpuPercent },
              },
            },
          ],
        },
      },
      opts,
    );
}

/**
 * Of the pods of a workload at most one is away by somebody's will. One that is not ready serves nobody, and may always go: it
 * would keep a node from being drained for ever. Source: Kubernetes, "Specifying a Disruption Budget", unhealthy pods.
 */
export function disruptionBudget(
  target: ClusterTarget,
  workload: Workload,
  opts: pulumi.CustomResourceOptions,
): void {
  new k8s.policy.v1.PodDisruptionBudget(
    workload.name,
    {
      metadata: metadataOf(target, workload),
      spec: {
        maxUnavailable: 1,
        unhealthyPodEvictionPolicy: "AlwaysAllow",
        selector: { matchLabels: selectorOf(target, workload.host) },
      },
    },
    opts,
  );
}

const metadataOf = (target: ClusterTarget, { name, host }: Workload) => ({
  name,
  namespace: target.namespace,
  labels: labelsOf(target, host),
});
