import { expect, test } from "vitest";
import { readSettings } from "./settings.ts";

test("metrics and spans are off, the access log is on, unless asked otherwise", () => {
  expect(readSettings({})).toMatchObject({ metricsPort: undefined, accessLog: true, otlp: undefined });
  const set = readSettings({
    GATEWAY_METRICS_PORT: "9464",
    GATEWAY_ACCESS_LOG: "off",
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318/",
  });
  expect(set).toMatchObject({ metricsPort: 9464, accessLog: false, otlp: { serviceName: "gateway" } });
  expect(set.otlp?.endpoint.href).toBe("http://collector:4318/v1/traces");
});

test.each([
  [{ GATEWAY_METRICS_PORT: "" }, "GATEWAY_METRICS_PORT: is empty"],
  [{ GATEWAY_METRICS_PORT: "x" }, 'GATEWAY_METRICS_PORT: "x"'],
  [{ GATEWAY_METRICS_PORT: "65536" }, 'GATEWAY_METRICS_PORT: "65536"'],
  [{ GATEWAY_ACCESS_LOG: "yes" }, 'GATEWAY_ACCESS_LOG: "yes": must be on or off'],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318" }, "OTEL_EXPORTER_OTLP_ENDPOINT: must be a URL"],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://u:hunter2@c" }, "without a user"],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://c", OTEL_SERVICE_NAME: " " }, "OTEL_SERVICE_NAME: is empty"],
])("%j stops the start with one line", (env, message) => {
  expect(() => readSettings(env)).toThrow(message);
  expect(() => readSettings(env)).not.toThrow(/hunter2|\n/);
});
