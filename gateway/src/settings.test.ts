import { availableParallelism } from "node:os";
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

test("limits and waiting times have defaults, and each its variable", () => {
  const defaults = {
    GATEWAY_CLIENT_IDLE_MS: ["clientIdle", 75_000],
    GATEWAY_SEND_TIMEOUT_MS: ["sendTimeout", 60_000],
    GATEWAY_LINGER_MS: ["linger", 5_000],
    GATEWAY_LINGER_MAX_MS: ["lingerMax", 30_000],
    GATEWAY_UPSTREAM_IDLE_MS: ["upstreamIdle", 50_000],
    GATEWAY_UPSTREAM_MAX_AGE_MS: ["upstreamMaxAge", 300_000],
    GATEWAY_UPSTREAM_MAX_REQUESTS: ["upstreamMaxRequests", 10_000],
    GATEWAY_UPSTREAM_CONNECTIONS: ["upstreamConnections", 1_024],
    GATEWAY_MAX_CONNECTIONS: ["maxConnections", 16_384],
    GATEWAY_MAX_CONNECTIONS_PER_CLIENT: ["maxConnectionsPerClient", undefined],
  } as const;
  for (const [variable, [setting, value]] of Object.entries(defaults)) {
    expect(readSettings({})[setting]).toBe(value);
    expect(readSettings({ [variable]: "7" })[setting]).toBe(7);
    for (const bad of ["", "0", "5s", "1e3"])
      expect(() => readSettings({ [variable]: bad })).toThrow(`${variable}: `);
  }
});

test.each([
  ["GATEWAY_MAX_CONNECTION", "GATEWAY_MAX_CONNECTIONS"],
  ["GATEWAY_MAX_BODY", "GATEWAY_MAX_BODY_BYTES"],
  ["GATEWAY_LINGERMS", "GATEWAY_LINGER_MS"],
  ["GATEWAY_METRIC_PORT", "GATEWAY_METRICS_PORT"],
  ["GATEWAY_PORT", "PROXY_PORT"],
  ["GATEWAY_HOST", "PROXY_HOST"],
])("%s is refused, and %s is named instead", (name, nearest) =>
  expect(() => readSettings({ [name]: "9" })).toThrow(
    `${name}: is no setting: write ${nearest}, or unset it`,
  ),
);

test("what Kubernetes says of Services called gateway and gateway-metrics is no setting", () => {
  const links: Record<string, string> = { PROXY_PORT: "tcp://10.0.0.9:80" };
  for (const service of ["GATEWAY", "GATEWAY_METRICS", "GATEWAY__X"]) {
    links[`${service}_SERVICE_HOST`] = "10.0.0.9";
    links[`${service}_SERVICE_PORT`] = "9000";
    links[`${service}_SERVICE_PORT_HTTP_ALT`] = "9000";
    for (const protocol of ["TCP", "UDP", "SCTP"]) {
      const address = `${protocol.toLowerCase()}://10.0.0.9:9000`;
      links[`${service}_PORT`] = address;
      links[`${service}_PORT_9000_${protocol}`] = address;
      links[`${service}_PORT_9000_${protocol}_ADDR`] = "10.0.0.9";
      links[`${service}_PORT_9000_${protocol}_PORT`] = "9000";
      links[`${service}_PORT_9000_${protocol}_PROTO`] = protocol.toLowerCase();
    }
  }
  expect(readSettings(links)).toMatchObject({ port: 9000, metricsPort: undefined });
  expect(() => readSettings({ ...links, GATEWAY_PORT: "9000" })).toThrow("GATEWAY_PORT: is no setting");
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

test("a network of proxies is all of its addresses, and auto a worker for each processor", () => {
  const { trusted, workers } = readSettings({
    GATEWAY_TRUSTED_PROXIES: "10.0.0.0/8, ::1",
    GATEWAY_WORKERS: "auto",
  });
  expect(["10.0.0.0", "10.9.9.9", "::1", "11.0.0.1", "::2"].map(trusted)).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
  expect(workers).toBe(availableParallelism());
});
