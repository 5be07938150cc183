import { expect, test } from "vitest";
import type { PlatformModel } from "../../config/define/model.ts";
import { platform as real } from "../../config/platform.ts";
import type { Workload } from "../../core/workload.ts";
import { dockerSettings, kubernetesSettings } from "../../test/settings.ts";
import { workloadsOf } from "./plan.ts";
import type { Runtime } from "./runtime.ts";

const platform: PlatformModel = real;
const runtimeOf = (target: "engine" | "cluster", config: Readonly<Record<string, unknown>>): Runtime => {
  const texts = Object.fromEntries(
    Object.entries(config).map(([key, value]) => [`platform:${key}`, JSON.stringify(value)]),
  );
  return target === "engine"
    ? { kind: "engine", settings: dockerSettings(texts), stack: "dev", id: "x-dev", waitsForExit: true }
    : {
        kind: "cluster",
        settings: kubernetesSettings(texts),
        stack: "prod",
        id: "x-prod",
        memberHost: (host) => host,
      };
};
const told = ({ env }: Workload): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env)
      .filter(([name]) => name.startsWith("OTEL_"))
      .map(([name, value]) => [
        name,
        value.render((part) => (part.kind === "secret" ? `<${part.name}>` : "?")),
      ]),
  );
const targets = ["engine", "cluster"] as const;
const observability = {
  otlp: "https://otlp.example.org/otlp",
  sample: 0.05,
  headers: { authorization: { secret: "otlp-token" }, "X-Scope-OrgID": "a, b" },
};

test.each(targets)("nothing is told where nothing is sent: %s", (target) => {
  for (const workload of workloadsOf(platform, runtimeOf(target, {}))) expect(told(workload)).toEqual({});
});

test.each(targets)("the gateway and every service are told where spans go, and nobody else: %s", (target) => {
  const workloads = workloadsOf(platform, runtimeOf(target, { observability }));
  const expected = {
    OTEL_EXPORTER_OTLP_ENDPOINT: "https://otlp.example.org/otlp",
    OTEL_EXPORTER_OTLP_HEADERS: "authorization=<otlp-token>,X-Scope-OrgID=a%2C%20b",
    OTEL_RESOURCE_ATTRIBUTES:
      target === "engine"
        ? "service.namespace=beat-ecoprove,deployment.environment.name=dev"
        : "service.namespace=beat-ecoprove,deployment.environment.name=prod,k8s.namespace.name=x-prod",
    OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
    OTEL_TRACES_SAMPLER_ARG: "0.05",
  };
  const asked = workloads.filter(({ role }) => role === "gateway" || role === "service");
  expect(asked).toHaveLength(4);
  for (const workload of asked)
    expect(told(workload)).toEqual({
      ...expected,
      OTEL_SERVICE_NAME: workload.name,
      OTEL_EXPORTER_OTLP_PROTOCOL: workload.role === "gateway" ? "http/json" : "http/protobuf",
    });
  for (const workload of workloads.filter((each) => !asked.includes(each)))
    expect(told(workload)).toEqual({});
  // What a header holds stays a secret wherever it goes.
  for (const { env } of asked) expect(env.OTEL_EXPORTER_OTLP_HEADERS?.secret).toBe(true);
});

test.each(targets)("what a stack says for one service wins: %s", (target) => {
  const services = {
    "core-service": { env: { OTEL_SERVICE_NAME: "closet", OTEL_TRACES_SAMPLER: "always_off" } },
  };
  const found = workloadsOf(platform, runtimeOf(target, { observability, services })).find(
    ({ name }) => name === "core-service",
  );
  expect(found && told(found)).toMatchObject({
    OTEL_SERVICE_NAME: "closet",
    OTEL_TRACES_SAMPLER: "always_off",
  });
});
