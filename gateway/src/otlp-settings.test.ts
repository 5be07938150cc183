import { expect, test } from "vitest";
import { readSettings } from "./settings.ts";

const endpoint = "https://otlp.example.org/otlp";
const read = (more: Readonly<Record<string, string>>) =>
  readSettings({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...more }).otlp;

test("headers are percent-decoded, and names keep their spelling", () => {
  expect(
    read({
      OTEL_EXPORTER_OTLP_HEADERS:
        "Authorization=Basic%20dXNlcjpwYXNz==, X-Scope-OrgID = 7 ,x-list=a%2Cb%3Bc,empty=",
    }),
  ).toMatchObject({
    headers: {
      Authorization: "Basic dXNlcjpwYXNz==",
      "X-Scope-OrgID": "7",
      "x-list": "a,b;c",
      empty: "",
    },
  });
  expect(read({})).toMatchObject({ headers: {}, attributes: {}, serviceName: "gateway" });
});

test("what the process is, is told beside its name; a name of its own wins", () => {
  const OTEL_RESOURCE_ATTRIBUTES =
    "service.name=edge,service.namespace=beat,deployment.environment.name=pre%20prod";
  const attributes = { "service.namespace": "beat", "deployment.environment.name": "pre prod" };
  expect(read({ OTEL_RESOURCE_ATTRIBUTES })).toMatchObject({ serviceName: "edge", attributes });
  const own = read({ OTEL_RESOURCE_ATTRIBUTES, OTEL_SERVICE_NAME: "door" });
  expect(own).toMatchObject({ serviceName: "door" });
  expect(own?.attributes).toEqual(attributes);
});

test.each([
  [undefined, undefined, true, 1],
  ["always_on", "0.5", false, 1],
  ["always_off", undefined, false, 0],
  ["traceidratio", "0.25", false, 0.25],
  ["parentbased_always_on", undefined, true, 1],
  ["parentbased_always_off", undefined, true, 0],
  ["parentbased_traceidratio", "0.01", true, 0.01],
  ["parentbased_traceidratio", "1", true, 1],
  ["parentbased_traceidratio", "1e-4", true, 0.0001],
  ["parentbased_traceidratio", undefined, true, 1],
])("sampler %s with %s", (name, part, parentBased, ratio) =>
  expect(
    read({
      ...(name !== undefined && { OTEL_TRACES_SAMPLER: name }),
      ...(part !== undefined && { OTEL_TRACES_SAMPLER_ARG: part }),
    })?.sampler,
  ).toEqual({ parentBased, ratio }),
);

const ratio = { OTEL_TRACES_SAMPLER: "traceidratio" };
test.each<[Readonly<Record<string, string>>, string]>([
  [{ OTEL_EXPORTER_OTLP_HEADERS: "hunter2" }, "OTEL_EXPORTER_OTLP_HEADERS: entry 1: must be name=value"],
  [{ OTEL_EXPORTER_OTLP_HEADERS: "a=b,,c=d" }, "OTEL_EXPORTER_OTLP_HEADERS: entry 2: must be name=value"],
  [{ OTEL_EXPORTER_OTLP_HEADERS: "a=Bearer hunter2" }, "the value of a must be percent-encoded"],
  [{ OTEL_EXPORTER_OTLP_HEADERS: "a=hunter2;b" }, "the value of a must be percent-encoded"],
  [{ OTEL_EXPORTER_OTLP_HEADERS: "a=hunter2%" }, "the value of a has a % without two hexadecimal digits"],
  [{ OTEL_EXPORTER_OTLP_HEADERS: "a=hunter2%FF" }, "the value of a has a % without two hexadecimal digits"],
  [{ OTEL_EXPORTER_OTLP_HEADERS: "a=hunter2%0D%0AX:y" }, "the value of a must be printable ASCII"],
  [{ OTEL_EXPORTER_OTLP_HEADERS: "a=b,A=hunter2" }, "entry 2: A is set twice"],
  [
    { OTEL_EXPORTER_OTLP_HEADERS: "content-length=1" },
    "content-length is a header that the sender sets itself",
  ],
  [{ OTEL_EXPORTER_OTLP_HEADERS: " " }, "OTEL_EXPORTER_OTLP_HEADERS: is empty"],
  [{ OTEL_RESOURCE_ATTRIBUTES: "hunter2" }, "OTEL_RESOURCE_ATTRIBUTES: entry 1: must be name=value"],
  [{ OTEL_TRACES_SAMPLER: "jaeger_remote" }, "OTEL_TRACES_SAMPLER: must be one of always_on"],
  [{ OTEL_TRACES_SAMPLER: "parentbased_" }, "OTEL_TRACES_SAMPLER: must be one of always_on"],
  [{ ...ratio, OTEL_TRACES_SAMPLER_ARG: "1.5" }, "OTEL_TRACES_SAMPLER_ARG: must be a number from 0 to 1"],
  [{ ...ratio, OTEL_TRACES_SAMPLER_ARG: "-1" }, "OTEL_TRACES_SAMPLER_ARG: must be a number from 0 to 1"],
  [{ ...ratio, OTEL_TRACES_SAMPLER_ARG: "half" }, "OTEL_TRACES_SAMPLER_ARG: must be a number from 0 to 1"],
  [{ ...ratio, OTEL_TRACES_SAMPLER_ARG: "0x1" }, "OTEL_TRACES_SAMPLER_ARG: must be a number from 0 to 1"],
  [{ OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }, "OTEL_EXPORTER_OTLP_PROTOCOL: must be http/json"],
])("%j stops the start with one line that shows no value", (more, message) => {
  expect(() => read(more)).toThrow(message);
  expect(() => read(more)).not.toThrow(/hunter2|\n/);
  // Also before somebody sets an endpoint.
  expect(() => readSettings(more)).toThrow(message);
});
