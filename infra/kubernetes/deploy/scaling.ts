import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Autoscale } from "../../../config/settings/kubernetes.ts";
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
export function scaled(
  target: ClusterTarget,
  component: string,
  { replicas, autoscale }: Scale,
  opts: pulumi.CustomResourceOptions,
): void {
  const metadata = { name: component, namespace: target.namespace, labels: labelsOf(target, component) };
  if ((autoscale?.max ?? replicas) > 1)
    new k8s.policy.v1.PodDisruptionBudget(
      component,
      { metadata, spec: { maxUnavailable: 1, selector: { matchLabels: selectorOf(target, component) } } },
      opts,
    );
  if (autoscale !== undefined)
    new k8s.autoscaling.v2.HorizontalPodAutoscaler(
      component,
      {
        metadata,
        spec: {
          scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: component },
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
