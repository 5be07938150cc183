import { expect, test } from "vitest";
import { Metrics } from "../../gateway/src/observe/metrics.ts";
import { gatewaySource, processSource, spanSource } from "../../gateway/src/observe/sources.ts";
import { metricOf, metricsOf } from "../../infra/observe/metric-names.ts";

test("what alerts and dashboards may use of the gateway is what it tells, with these labels", () => {
  const metrics = new Metrics();
  const route = metrics.route("auth");
  route.record(200, 1);
  route.connected(1);
  route.firstByte(1);
  route.upstreamDone(1);
  route.refused("queue-full");
  metrics.closed("idle");
  metrics.connectionRefused("full");
  metrics.observe(spanSource({ sent: 1, dropped: 0 }));
  metrics.observe(
    gatewaySource({
      pools: () => [{ upstream: "auth:2000", idle: 1, busy: 0, waiting: 0 }],
      connections: () => 1,
      inFlight: () => 0,
      tunnels: () => 0,
      tunnelBytes: () => ({ in: 0, out: 0 }),
      logLinesDropped: () => 0,
    }),
  );
  metrics.observe(processSource("0"));
  const told = metrics.snapshot().map(({ name, type, samples: [first] }) => ({
    name,
    type,
    labels: Object.keys(first?.labels ?? {}),
  }));
  // Every process has these, and whoever wants them has them from elsewhere: of a container.
  const own = told.filter(({ name }) => !name.startsWith("process_"));
  const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
  expect(
    metricsOf("gateway")
      .map((name) => ({ name, type: metricOf(name).type, labels: metricOf(name).labels }))
      .sort(byName),
  ).toEqual(own.sort(byName));
});
