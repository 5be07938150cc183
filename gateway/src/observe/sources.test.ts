import { expect, test } from "vitest";
import { gatewaySource, spanSource } from "./sources.ts";

test("spans are told by what became of them", () => {
  const [family] = spanSource({ sent: 7, dropped: 3 })();
  expect(family).toMatchObject({ name: "gateway_spans_total", type: "counter" });
  expect(family?.samples).toEqual([
    { labels: { result: "sent" }, value: 7 },
    { labels: { result: "dropped" }, value: 3 },
  ]);
});

test("each figure of the data path is told under its own name", () => {
  const upstream = "127.0.0.1:1";
  const families = gatewaySource({
    pools: () => [{ upstream, idle: 2, busy: 3, waiting: 4 }],
    connections: () => 5,
    inFlight: () => 6,
    tunnels: () => 7,
    tunnelBytes: () => ({ in: 8, out: 9 }),
    logLinesDropped: () => 10,
  })();
  const told = families.flatMap(({ name, samples }) =>
    samples.map((sample) => [name, ...Object.values(sample.labels), "value" in sample && sample.value]),
  );
  expect(told).toEqual([
    ["gateway_upstream_connections", upstream, "idle", 2],
    ["gateway_upstream_connections", upstream, "busy", 3],
    ["gateway_upstream_waiting_requests", upstream, 4],
    ["gateway_client_connections", 5],
    ["gateway_requests_in_flight", 6],
    ["gateway_tunnels", 7],
    ["gateway_tunnel_bytes_total", "in", 8],
    ["gateway_tunnel_bytes_total", "out", 9],
    ["gateway_log_lines_dropped_total", 10],
  ]);
});
