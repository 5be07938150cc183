import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { observabilityOf } from "../../../config/settings/observability.ts";
import { stackName } from "../../../core/names.ts";
import type { Workload } from "../../../core/workload.ts";
import { type Monitored, metricsPath, monitoredOf } from "../../workloads/monitored.ts";
import { componentLabel, labelsOf } from "../labels.ts";
import type { ClusterTarget } from "./cluster.ts";

/** What a scraper is told of a pod by its annotations; nothing unless the stack says so. Source: the Prometheus chart's own jobs. */
export function scrapeAnnotations({ settings }: ClusterTarget, workload: Workload): Record<string, string> {
  const [first] = monitoredOf([workload]);
  if (first === undefined || observabilityOf(settings).monitors !== "annotations") return {};
  return {
    "prometheus.io/scrape": "true",
    "prometheus.io/port": String(first.port),
    "prometheus.io/path": metricsPath,
  };
}

/**
 * Tells Prometheus' operator, and what else reads its objects, whom to ask: every pod of the stack that has such a port. `job` is the
 * workload's name, as on an engine. Source: prometheus-operator, API reference, PodMonitor.
 */
export class Monitors extends pulumi.ComponentResource {
  constructor(
    name: string,
    target: ClusterTarget,
    workloads: readonly Workload[],
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("beat:kubernetes:Monitors", name, {}, opts);
    const { platform, stack, namespace, settings } = target;
    const instance = stackName(platform.name, stack);
    const byPort = new Map(monitoredOf(workloads).map((each) => [each.endpoint, each]));
    new k8s.apiextensions.CustomResource(
      "monitor",
      {
        apiVersion: "monitoring.coreos.com/v1",
        kind: "PodMonitor",
        metadata: {
          name: instance,
          namespace,
          labels: { ...labelsOf(target, "monitoring"), ...observabilityOf(settings).ruleLabels },
        },
        spec: {
          selector: { matchLabels: { "app.kubernetes.io/instance": instance } },
          podMetricsEndpoints: [...byPort.values()].map(endpointOf),
        },
      },
      { parent: this, dependsOn: [...target.ready] },
    );
    this.registerOutputs();
  }
}

const endpointOf = ({ endpoint, sidecar }: Monitored) => ({
  port: endpoint,
  path: metricsPath,
  relabelings: [
    {
      sourceLabels: [`__meta_kubernetes_pod_label_${componentLabel.replaceAll(/[./]/g, "_")}`],
      targetLabel: "job",
      replacement: sidecar === undefined ? "$1" : `${sidecar}-$1`,
    },
  ],
});
