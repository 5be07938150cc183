import { expect, test } from "vitest";
import { restartAnnotation } from "../../infra/kubernetes/deploy/workloads.ts";
import { graphOf, objects } from "./kubernetes-graph.ts";

const graph = await graphOf(
  {},
  {
    "platform:services": JSON.stringify({
      "auth-service": {
        annotations: { [restartAnnotation]: "mine", team: "identity" },
        nodeSelector: { disk: "ssd" },
        serviceAccount: "auth",
        env: { LOG_LEVEL: "debug", HINT: "$(HOME)" },
      },
    }),
  },
);
const template = objects(graph, "Deployment").get("auth-service")?.spec.template;

test("a stack places a service's pods, and cannot switch off that they follow the brokers", () => {
  expect(template.metadata.annotations).toMatchObject({ team: "identity" });
  expect(template.metadata.annotations[restartAnnotation]).toMatch(/^[0-9a-f]{10}$/);
  expect(template.spec).toMatchObject({ nodeSelector: { disk: "ssd" }, serviceAccountName: "auth" });
});

test("a stack adds variables to a service, as they were written", () => {
  const [{ env }] = template.spec.containers;
  expect(env).toContainEqual({ name: "LOG_LEVEL", value: "debug" });
  expect(env).toContainEqual({ name: "HINT", value: "$$(HOME)" });
});
