import { type Rule, record } from "../rule.ts";
import { namespaceOf, objectsOf, podsOf, selects } from "./objects.ts";

/** Several replicas are worth little when draining a node may take them all at once. */
export const disruptionBudgets: Rule = {
  name: "disruption-budgets",
  description: "Workloads with more than one replica have a PodDisruptionBudget.",
  check: (resources) => {
    const budgets = objectsOf(resources, "PodDisruptionBudget");
    return podsOf(resources)
      .filter(({ replicas, kind }) => replicas > 1 && (kind === "Deployment" || kind === "StatefulSet"))
      .filter(
        ({ namespace, labels }) =>
          !budgets.some(
            ({ props }) => namespaceOf(props) === namespace && selects(record(props.spec).selector, labels),
          ),
      )
      .map(({ resource, replicas }) => ({
        resource,
        message: `has ${replicas} replicas and no PodDisruptionBudget`,
        fix: "add one that selects its pods, with maxUnavailable: 1",
      }));
  },
};
