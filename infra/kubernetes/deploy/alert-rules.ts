import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { observabilityOf } from "../../../config/settings/observability.ts";
import { ruleGroups } from "../../observe/alerts/all.ts";
import { subjectOf } from "../../observe/subject.ts";
import { labelsOf } from "../labels.ts";
import type { ClusterTarget } from "./cluster.ts";

/** The stack's alerts as an object of the Prometheus operator, where that one runs. Source: its API, PrometheusRule. */
export function alertRules(target: ClusterTarget, parent: pulumi.Resource): void {
  const { platform, settings, stack, namespace } = target;
  const { monitors, ruleLabels } = observabilityOf(settings);
  if (monitors !== "prometheus-operator") return;
  const name = "alerts";
  new k8s.apiextensions.CustomResource(
    name,
    {
      apiVersion: "monitoring.coreos.com/v1",
      kind: "PrometheusRule",
      metadata: { name, namespace, labels: { ...labelsOf(target, name), ...ruleLabels } },
      spec: { groups: ruleGroups(subjectOf(platform, settings, stack)) },
    },
    { parent, dependsOn: [...target.ready] },
  );
}
