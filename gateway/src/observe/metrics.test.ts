import { once } from "node:events";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { read, reading } from "../../test/support/exposition.ts";
import { bucketsMs, gauge, Metrics, merge, type RouteMetrics, type Snapshot } from "./metrics.ts";
import { createMetricsServer, exposition } from "./metrics-server.ts";
import { gatewaySource, processSource } from "./sources.ts";

test("requests are counted by route and status class, durations in buckets whose bounds are inclusive", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          fc.constantFrom(0, 101, 200, 204, 304, 404, 499, 502, 999),
          fc.oneof(fc.constantFrom(0, ...bucketsMs), fc.double({ min: 0, max: 20_000, noNaN: true })),
        ),
      ),
      (answers) => {
        const metrics = new Metrics();
        const route = metrics.route("a");
        for (const [status, ms] of answers) route.record(status, ms);
        const text = read(exposition(metrics.snapshot()));
        for (const status of ["1xx", "2xx", "3xx", "4xx", "5xx", "other"]) {
          const mine = answers.filter(
            ([s]) => (s < 100 || s > 599 ? "other" : `${Math.floor(s / 100)}xx`) === status,
          );
          const labels = { route: "a", status };
          expect(reading(text, "gateway_requests_total", labels) ?? 0).toBe(mine.length);
          expect(reading(text, "gateway_request_duration_seconds_count", labels) ?? 0).toBe(mine.length);
          for (const bound of bucketsMs)
            expect(
              reading(text, "gateway_request_duration_seconds_bucket", {
                ...labels,
                le: String(bound / 1000),
              }) ?? 0,
            ).toBe(mine.filter(([, ms]) => ms <= bound).length);
          expect(
            reading(text, "gateway_request_duration_seconds_bucket", { ...labels, le: "+Inf" }) ?? 0,
          ).toBe(mine.length);
          expect(reading(text, "gateway_request_duration_seconds_sum", labels) ?? 0).toBeCloseTo(
            mine.reduce((sum, [, ms]) => sum + ms / 1000, 0),
            6,
          );
        }
      },
    ),
    { numRuns: 60 },
  );
});

test.each([
  ["gateway_upstream_connect_seconds", (route: RouteMetrics, ms: number) => route.connected(ms)],
  ["gateway_upstream_first_byte_seconds", (route: RouteMetrics, ms: number) => route.firstByte(ms)],
  ["gateway_upstream_seconds", (route: RouteMetrics, ms: number) => route.upstreamDone(ms)],
])("%s has the times of a route, apart from those of others", (family, take) => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.constantFrom(0, ...bucketsMs), fc.double({ min: 0, max: 20_000, noNaN: true })), {
        minLength: 1,
      }),
      (times) => {
        const metrics = new Metrics();
        for (const ms of times) take(metrics.route("a"), ms);
        take(metrics.route("b"), 7);
        metrics.route("a").record(200, 1);
        const text = read(exposition(merge([metrics.snapshot(), metrics.snapshot()])));
        for (const bound of bucketsMs)
          expect(reading(text, `${family}_bucket`, { route: "a", le: String(bound / 1000) })).toBe(
            2 * times.filter((ms) => ms <= bound).length,
          );
        expect(reading(text, `${family}_count`, { route: "a" })).toBe(2 * times.length);
        expect(reading(text, `${family}_sum`, { route: "a" })).toBeCloseTo(
          times.reduce((sum, ms) => sum + ms / 500, 0),
          6,
        );
        expect(reading(text, `${family}_sum`, { route: "b" })).toBeCloseTo(0.014, 9);
        expect(reading(text, `${family}_count`, { route: "none" })).toBeUndefined();
        expect([...text.keys()].filter((name) => name.startsWith("gateway_upstream"))).toHaveLength(3);
      },
    ),
    { numRuns: 60 },
  );
});

test("closed and refused connections are counted by reason", () => {
  const metrics = new Metrics();
  metrics.closed("idle");
  metrics.closed("idle");
  metrics.closed("drain");
  metrics.connectionRefused("too_many");
  const text = exposition(merge([metrics.snapshot(), metrics.snapshot()]));
  expect(reading(text, "gateway_client_closes_total", { reason: "idle" })).toBe(4);
  expect(reading(text, "gateway_client_closes_total", { reason: "drain" })).toBe(2);
  expect(reading(text, "gateway_connections_refused_total", { reason: "too_many" })).toBe(2);
  expect(reading(text, "gateway_refusals_total")).toBeUndefined();
});

test.each(["closed", "connectionRefused", "refused"] as const)("%s: reasons are bounded", (count) => {
  const metrics = new Metrics();
  const counted = (reason: string): void =>
    count === "refused" ? metrics.unrouted.refused(reason) : metrics[count](reason);
  for (let i = 0; i < 10_000; i++) counted(`reason_${i}`);
  counted("reason_0");
  const samples = metrics.snapshot().flatMap((family) => (family.type === "counter" ? family.samples : []));
  const reasons = samples.filter(({ labels }) => labels.reason !== undefined);
  expect(reasons.length).toBeLessThanOrEqual(65);
  expect(reasons.reduce((sum, { value }) => sum + value, 0)).toBe(10_001);
  expect(reasons.find(({ labels }) => labels.reason === "reason_0")?.value).toBe(2);
});

test("a label keeps whatever text a route's name has", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (name) => {
      const metrics = new Metrics();
      metrics.route(name).record(200, 1);
      expect(reading(exposition(metrics.snapshot()), "gateway_requests_total", { route: name })).toBe(1);
    }),
  );
});

test("a route keeps its counters over a reload; requests without a route have one name", () => {
  const metrics = new Metrics();
  metrics.route("a").record(200, 1);
  metrics.route("a").record(200, 1);
  metrics.unrouted.record(404, 1);
  const text = exposition(metrics.snapshot());
  expect(reading(text, "gateway_requests_total", { route: "a" })).toBe(2);
  expect(reading(text, "gateway_requests_total", { route: "none", status: "4xx" })).toBe(1);
});

test("workers report as one: numbers add up, delays take the worst, also after a way through JSON", () => {
  const worker = (requests: number, delay: number): Snapshot => {
    const metrics = new Metrics();
    for (let i = 0; i < requests; i++) metrics.route("a").record(200, 3);
    metrics.route("a").refused("rate_limited");
    metrics.unrouted.refused("rate_limited");
    metrics.retries = 2;
    metrics.reloads.failed = 1;
    metrics.observe(() => [gauge("delay_seconds", "d", delay, "max")]);
    metrics.observe(
      gatewaySource({
        pools: () => [
          { upstream: `h:${requests}`, idle: 1, busy: 2, waiting: 3 },
          { upstream: "h:0", idle: 1, busy: 0, waiting: 0 },
        ],
        connections: () => 5,
        inFlight: () => 4,
        tunnels: () => 3,
        tunnelBytes: () => ({ in: 40, out: 2 }),
        logLinesDropped: () => 2,
      }),
    );
    metrics.observe(processSource("1.2.3"));
    return JSON.parse(JSON.stringify(metrics.snapshot())) as Snapshot;
  };
  const text = exposition(merge([worker(3, 0.5), worker(4, 0.2)]));
  expect(reading(text, "gateway_requests_total", { route: "a" })).toBe(7);
  expect(reading(text, "gateway_request_duration_seconds_bucket", { le: "0.005" })).toBe(7);
  expect(reading(text, "gateway_request_duration_seconds_bucket", { le: "0.0025" })).toBe(0);
  expect(reading(text, "gateway_refusals_total", { route: "a", reason: "rate_limited" })).toBe(2);
  expect(reading(text, "gateway_refusals_total", { route: "none" })).toBe(2);
  expect(reading(text, "gateway_retries_total")).toBe(4);
  expect(reading(text, "gateway_route_reloads_total", { result: "failed" })).toBe(2);
  expect(reading(text, "delay_seconds")).toBe(0.5);
  expect(reading(text, "gateway_upstream_connections", { upstream: "h:0", state: "idle" })).toBe(2);
  expect(reading(text, "gateway_upstream_waiting_requests", { upstream: "h:3" })).toBe(3);
  expect(reading(text, "gateway_client_connections")).toBe(10);
  expect(reading(text, "gateway_tunnels")).toBe(6);
  expect(reading(text, "gateway_tunnel_bytes_total", { direction: "in" })).toBe(80);
  expect(reading(text, "gateway_tunnel_bytes_total", { direction: "out" })).toBe(4);
  expect(reading(text, "gateway_log_lines_dropped_total")).toBe(4);
  expect(reading(text, "gateway_workers")).toBe(2);
  expect(reading(text, "gateway_build_info", { version: "1.2.3" })).toBe(1);
  expect(reading(text, "process_resident_memory_bytes")).toBeGreaterThan(1e7);
});

test("a blocked event loop shows", async () => {
  const source = processSource("0");
  await new Promise((resolve) => setTimeout(resolve, 60));
  source();
  // Node does not count the interval in which a reading falls.
  await new Promise((resolve) => setTimeout(resolve, 60));
  const until = performance.now() + 150;
  while (performance.now() < until);
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(reading(exposition(source()), "nodejs_eventloop_delay_seconds", { quantile: "1" })).toBeGreaterThan(
    0.1,
  );
});

test("the metrics port serves /metrics and nothing else", async () => {
  const metrics = new Metrics();
  metrics.unrouted.record(404, 1);
  let fails = false;
  const server = createMetricsServer(() =>
    fails ? Promise.reject(new Error("a worker is gone")) : Promise.resolve([metrics.snapshot()]),
  ).listen(0, "127.0.0.1");
  await once(server, "listening");
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const answer = await fetch(`${base}/metrics`);
    expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(reading(await answer.text(), "gateway_requests_total", { route: "none" })).toBe(1);
    expect((await fetch(`${base}/metrics?x`)).status).toBe(200);
    expect((await fetch(`${base}/`)).status).toBe(404);
    expect((await fetch(`${base}/metrics`, { method: "POST", body: "x" })).status).toBe(405);
    fails = true;
    expect((await fetch(`${base}/metrics`)).status).toBe(503);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
