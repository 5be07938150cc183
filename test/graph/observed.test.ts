import { expect, test } from "vitest";
import { graphOf, type Json } from "./kubernetes-graph.ts";

const rulesIn = async (observability: object): Promise<Json[]> =>
  (await graphOf({}, { "platform:observability": JSON.stringify(observability) }))
    .map(({ inputs }): Json => inputs)
    .filter(({ kind }) => kind === "PrometheusRule");

const ruleLabels = { release: "kube-prometheus" };
const scraperNamespace = "monitoring";
const operated = await rulesIn({ monitors: "prometheus-operator", scraperNamespace, ruleLabels });
const annotated = await rulesIn({ monitors: "annotations", scraperNamespace });

test("where the Prometheus operator runs the alerts are an object of its own, with the labels it selects by", () => {
  const [object, ...more] = operated;
  expect(more).toEqual([]);
  expect(object.apiVersion).toBe("monitoring.coreos.com/v1");
  expect(object.metadata).toMatchObject({
    name: "alerts",
    namespace: "beat-ecoprove-prod",
    labels: ruleLabels,
  });
  const rules: Json[] = object.spec.groups.flatMap((group: Json) => group.rules);
  expect(rules.length).toBeGreaterThan(50);
  for (const { alert, expr, labels, annotations } of rules) {
    // The object lies among those of other stacks, and one Prometheus reads them all.
    if (alert !== "CertificateEnds") expect(expr).toContain('namespace="beat-ecoprove-prod"');
    expect(labels).toMatchObject({ stack: "prod", platform: "beat-ecoprove" });
    expect(Object.keys(annotations).sort()).toEqual(["action", "description", "runbook", "summary"]);
  }
});

test("and nowhere else", () => {
  expect(annotated).toEqual([]);
});
