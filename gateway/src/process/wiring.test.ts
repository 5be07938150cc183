import { createServer } from "node:net";
import { expect, test } from "vitest";
import { listening } from "../../test/support/bare-server.ts";
import { freePort, metric } from "../../test/support/metrics.ts";
import { counter, gauge, Metrics, type Snapshot } from "../observe/metrics.ts";
import { readSettings } from "../settings.ts";
import { type MetricsWiring, wireMetrics } from "./wiring.ts";

const host = "127.0.0.1";

/** Metrics that are served on a port. */
function wired(port = 0): { readonly wiring: MetricsWiring; readonly snapshot: () => Snapshot } {
  const settings = readSettings({ PROXY_HOST: host, GATEWAY_METRICS_PORT: String(port) });
  const wiring = wireMetrics(new Metrics(), settings, "1.2.3") as MetricsWiring;
  return { wiring, snapshot: () => wiring.snapshot() as Snapshot };
}

/** The series of a family. */
const samplesOf = (snapshot: Snapshot, family: string) =>
  snapshot.find(({ name }) => name === family)?.samples;

test("without a port there are no metrics, and the process is not measured", () => {
  const metrics = new Metrics();
  const before = metrics.snapshot();
  expect(wireMetrics(metrics, readSettings({}), "1.2.3")).toBeUndefined();
  expect(metrics.snapshot()).toEqual(before);
});

test("the process is measured under the gateway's version", () => {
  const { snapshot } = wired();
  expect(samplesOf(snapshot(), "gateway_build_info")).toEqual([
    { labels: { version: "1.2.3", node: process.version }, value: 1 },
  ]);
});

test("of a worker that is gone its totals stay, and none of its gauges", () => {
  const { wiring } = wired();
  const times = new Metrics();
  times.route("a").record(200, 7);
  const last = [counter("total", "", 5), gauge("open", "", 3), gauge("delay", "", 9, "max")];
  const first = wiring.retire(undefined, [...last, ...times.snapshot()]) as Snapshot;
  expect(first.filter(({ type }) => type === "gauge")).toEqual([]);
  expect(samplesOf(first, "total")).toEqual([{ labels: {}, value: 5 }]);
  expect(samplesOf(first, "gateway_request_duration_seconds")).toMatchObject([{ sum: 0.007 }]);
  const second = wiring.retire(first, last) as Snapshot;
  expect(second.filter(({ type }) => type === "gauge")).toEqual([]);
  expect(samplesOf(second, "total")).toEqual([{ labels: {}, value: 10 }]);
});

test("reloads are counted by what became of them", () => {
  const { wiring, snapshot } = wired();
  for (const result of ["reloaded", "kept", "kept"] as const) wiring.reload(result);
  expect(samplesOf(snapshot(), "gateway_route_reloads_total")).toEqual([
    { labels: { result: "ok" }, value: 1 },
    { labels: { result: "failed" }, value: 2 },
  ]);
});

test("the port tells the sum of what was gathered", async () => {
  const port = await freePort();
  const { wiring } = wired(port);
  const server = await wiring.listen(async () => [[counter("total", "", 5)], [counter("total", "", 2)]]);
  expect(await metric(port, "total")).toBe(7);
  server.close();
});

test("a port that is taken is told of as the metrics' one", async () => {
  const port = await listening(createServer());
  const { wiring } = wired(port);
  await expect(wiring.listen(async () => [])).rejects.toThrow(`GATEWAY_METRICS_PORT: ${port} is taken`);
});
