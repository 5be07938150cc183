import { expect, test } from "vitest";
import { program } from "../../stacks/program.ts";
import { graphOf, type Json, objects } from "./kubernetes-graph.ts";
import { register } from "./mocks.ts";
import { brokenRulesOf } from "./policies.ts";

const token = "Bearer%20hunter2hunter2";
const secrets = { "platform:secrets": JSON.stringify({ "otlp-token": token }) };
const sends = {
  "platform:observability": JSON.stringify({
    otlp: "http://collector.monitoring.svc:4318",
    headers: { authorization: { secret: "otlp-token" }, "x-scope-orgid": "beat" },
  }),
  ...secrets,
};

test("on a cluster a header's secret stands in Secrets alone, and the way out leads to the receiver", async () => {
  const graph = await graphOf({}, sends);
  expect(brokenRulesOf(graph)).toEqual([]);
  for (const name of ["gateway", "auth-service", "core-service", "messaging-service"]) {
    const [container]: Json[] = objects(graph, "Deployment").get(name).spec.template.spec.containers;
    const headers = container.env.find((each: Json) => each.name === "OTEL_EXPORTER_OTLP_HEADERS");
    const { name: of, key } = headers.valueFrom.secretKeyRef;
    const held: Json = [...objects(graph, "Secret").values()].find(
      ({ metadata }: Json) => metadata.name === of,
    );
    expect(held.stringData[key]).toBe(`authorization=${token},x-scope-orgid=beat`);
    expect(objects(graph, "NetworkPolicy").get(`from-${name}`).spec.egress).toContainEqual({
      to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } } }],
      ports: [{ protocol: "TCP", port: 4318 }],
    });
  }
  const elsewhere = graph.filter(({ type }) => !type.endsWith(":Secret") && !type.endsWith(":Stash"));
  expect(JSON.stringify(elsewhere)).not.toContain("hunter2");
});

test("on an engine what sends, and the container with dashboards, keep every rule", async () => {
  const containers = async (config: Readonly<Record<string, string>>) => {
    const graph = await register("dev", { "platform:source": "sample", ...config }, program);
    expect(brokenRulesOf(graph)).toEqual([]);
    return new Map(
      graph
        .filter(({ type }) => type.endsWith(":Container"))
        .map(({ name, inputs }) => [name, inputs as Json]),
    );
  };
  const sending = await containers(sends);
  expect(sending.has("dashboards")).toBe(false);
  expect(sending.get("gateway").envs).toContain(
    `OTEL_EXPORTER_OTLP_HEADERS=authorization=${token},x-scope-orgid=beat`,
  );
  const shown = await containers({
    "platform:environment": "Development",
    "platform:observability": JSON.stringify({ dev: true }),
  });
  expect(shown.get("gateway").envs).toContain("OTEL_EXPORTER_OTLP_ENDPOINT=http://dashboards:4318");
  expect(shown.get("dashboards")).toMatchObject({
    ports: [{ internal: 3000, external: 3001, ip: "127.0.0.1" }],
    memory: 1536,
  });
  expect(shown.get("dashboards").uploads.map(({ file }: Json) => file)).toEqual(
    expect.arrayContaining([
      "/otel-lgtm/prometheus.yaml",
      "/otel-lgtm/grafana/conf/provisioning/dashboards/beat.yaml",
    ]),
  );
});
