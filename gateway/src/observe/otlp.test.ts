import { once } from "node:events";
import http, { type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { SpanExporter, type SpanRecord } from "./otlp.ts";
import { traceOf } from "./trace.ts";

interface Sent {
  readonly url: string | undefined;
  readonly type: string | undefined;
  readonly headers: http.IncomingHttpHeaders;
  // biome-ignore lint/suspicious/noExplicitAny: foreign JSON, looked at field by field
  readonly body: any;
}
let server: Server | undefined;
afterEach(() => {
  server?.close();
  server?.closeAllConnections();
});

/** A collector that keeps what it is sent and answers by `status`; never, when there is none. */
async function collector(status: number | undefined): Promise<{ sent: Sent[]; url: URL }> {
  const sent: Sent[] = [];
  server = http
    .createServer(async (request, response) => {
      let body = "";
      for await (const chunk of request.setEncoding("utf8")) body += chunk;
      const { url, headers } = request;
      sent.push({ url, headers, type: headers["content-type"], body: JSON.parse(body) });
      if (status !== undefined) response.writeHead(status, { "Content-Type": "application/json" }).end("{}");
    })
    .listen(0, "127.0.0.1");
  await once(server, "listening");
  return { sent, url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`) };
}
const given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const span = (more: Partial<SpanRecord> = {}): SpanRecord => ({
  trace: traceOf(given, true),
  method: "GET",
  target: "/auth/account?token=S3CR3T",
  status: 200,
  route: "/auth",
  client: "127.0.0.1",
  upstream: "auth-service:2000",
  startMs: 1_764_000_000_000.25,
  durationMs: 12.5,
  ...more,
});
const spansOf = ({ body }: Sent) => body.resourceSpans[0].scopeSpans[0].spans;

test("a collector gets the span as OTLP JSON, without the query", async () => {
  const { sent, url } = await collector(200);
  const exporter = new SpanExporter(url, "edge");
  const record = span();
  exporter.record(record);
  exporter.record(
    span({
      method: "BREW",
      status: 502,
      route: undefined,
      upstream: undefined,
      trace: traceOf(undefined, true),
    }),
  );
  await exporter.close();
  expect(exporter).toMatchObject({ sent: 2, dropped: 0 });
  expect(sent).toHaveLength(1);
  expect(sent[0]).toMatchObject({ url: "/v1/traces", type: "application/json" });
  expect(JSON.stringify(sent)).not.toContain("S3CR3T");
  const [first, second] = spansOf(sent[0] as Sent);
  expect(sent[0]?.body.resourceSpans[0].resource.attributes).toEqual([
    { key: "service.name", value: { stringValue: "edge" } },
  ]);
  expect(first).toEqual({
    traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
    spanId: record.trace.spanId,
    parentSpanId: "00f067aa0ba902b7",
    name: "GET /auth",
    kind: 2,
    startTimeUnixNano: "1764000000000250000",
    endTimeUnixNano: "1764000000012750000",
    attributes: [
      { key: "http.request.method", value: { stringValue: "GET" } },
      { key: "url.path", value: { stringValue: "/auth/account" } },
      { key: "url.scheme", value: { stringValue: "http" } },
      { key: "client.address", value: { stringValue: "127.0.0.1" } },
      { key: "http.response.status_code", value: { intValue: "200" } },
      { key: "http.route", value: { stringValue: "/auth" } },
      { key: "beat.upstream", value: { stringValue: "auth-service:2000" } },
    ],
    status: {},
  });
  expect(second).toMatchObject({ name: "HTTP", status: { code: 2 } });
  expect(second).not.toHaveProperty("parentSpanId");
  expect(second.attributes).toContainEqual({ key: "http.request.method", value: { stringValue: "_OTHER" } });
});

test("headers go with each batch, and what the process is with its name", async () => {
  const { sent, url } = await collector(200);
  const exporter = new SpanExporter(url, "edge", {
    headers: { Authorization: "Bearer abc", "X-Scope-OrgID": "7" },
    attributes: { "service.namespace": "beat" },
  });
  exporter.record(span());
  await exporter.close();
  expect(sent[0]?.headers).toMatchObject({ authorization: "Bearer abc", "x-scope-orgid": "7" });
  expect(sent[0]?.body.resourceSpans[0].resource.attributes).toEqual([
    { key: "service.name", value: { stringValue: "edge" } },
    { key: "service.namespace", value: { stringValue: "beat" } },
  ]);
});

test("what is not sampled is not sent; full batches go at once, the rest after the interval", async () => {
  const { sent, url } = await collector(200);
  const exporter = new SpanExporter(url, "edge", { batch: 10, intervalMs: 50 });
  exporter.record(span({ trace: traceOf(given.replace(/01$/, "00"), true) }));
  for (let i = 0; i < 25; i++) exporter.record(span());
  const until = Date.now() + 3000;
  while (exporter.sent < 25 && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(sent.map((one) => spansOf(one).length)).toEqual([10, 10, 5]);
  await exporter.close();
});

test.each([
  ["refuses", 503],
  ["never answers", undefined],
])("a collector that %s costs spans, counted, and neither time nor memory", async (_what, status) => {
  const { url } = await collector(status);
  const exporter = new SpanExporter(url, "edge", { batch: 10, most: 20, timeoutMs: 100 });
  const start = performance.now();
  for (let i = 0; i < 1000; i++) exporter.record(span());
  expect(performance.now() - start).toBeLessThan(100);
  expect(exporter.dropped).toBe(1000 - 30);
  await exporter.close();
  expect(exporter).toMatchObject({ sent: 0, dropped: 1000 });
});

test("no collector at all is no error", async () => {
  const { url } = await collector(200);
  server?.close();
  const exporter = new SpanExporter(url, "edge");
  exporter.record(span());
  await exporter.close();
  expect(exporter).toMatchObject({ sent: 0, dropped: 1 });
});
