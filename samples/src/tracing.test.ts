import { once } from "node:events";
import http, { type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serve } from "./http.ts";
import { startTracing, traceHandling, traceSend } from "./tracing.ts";

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly status: { readonly code?: number };
}
interface Batch {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly { key: string; value: { stringValue?: string } }[] };
    readonly scopeSpans: readonly { readonly spans: readonly Span[] }[];
  }[];
}

const servers: Server[] = [];
const portOf = async (server: Server): Promise<number> => {
  servers.push(server);
  if (!server.listening) await once(server, "listening");
  return (server.address() as AddressInfo).port;
};
const batches: { readonly headers: http.IncomingHttpHeaders; readonly url: string; readonly body: Batch }[] =
  [];
const spans = () =>
  batches.flatMap(({ body }) =>
    body.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)),
  );
/** The broker: what was sent, with its headers. */
const sent: Record<string, string>[] = [];
let sendRest = async () => {};
let service = "";
const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
const gateway = "00f067aa0ba902b7";
const asked = (path: string, flags = "01") =>
  fetch(`${service}${path}`, {
    headers: { "x-request-id": "r1", traceparent: `00-${trace}-${gateway}-${flags}` },
  });
const send = () =>
  traceSend("auth_events", async (headers) => {
    sent.push(headers);
  });

beforeAll(async () => {
  const receiver = http
    .createServer(async (request, response) => {
      let text = "";
      for await (const chunk of request.setEncoding("utf8")) text += chunk;
      batches.push({ headers: request.headers, url: request.url ?? "", body: JSON.parse(text) as Batch });
      response.writeHead(200, { "Content-Type": "application/json" }).end("{}");
    })
    .listen(0, "127.0.0.1");
  Object.assign(process.env, {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await portOf(receiver)}/base`,
    OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20abc,x-scope-orgid=7",
    OTEL_SERVICE_NAME: "auth-service",
    OTEL_RESOURCE_ATTRIBUTES: "service.namespace=beat",
    OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
    OTEL_TRACES_SAMPLER_ARG: "1",
  });
  sendRest = await startTracing();
  const routes = {
    "POST /never": () => ({ status: 200 }),
    "GET /api/v1/sign-up": async () => {
      await send();
      return { status: 201, body: {} };
    },
    "GET /api/v1/broken": () => {
      throw new Error("no database");
    },
  };
  service = `http://127.0.0.1:${await portOf(serve("auth", 0, routes, 404))}`;
});
afterAll(() => {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
});

test("a request, what it sends and who handles that are one trace, sent as the environment says", async () => {
  expect((await asked("/api/v1/sign-up")).status).toBe(201);
  expect((await asked("/api/v1/broken")).status).toBe(500);
  expect((await asked("/api/v1/sign-up", "00")).status).toBe(201);
  // Of a probe.
  expect((await fetch(`${service}/api/v1/sign-up`)).status).toBe(201);
  const [first = {}, unsampled = {}] = sent;
  expect(first.traceparent).toMatch(new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`));
  expect(unsampled.traceparent).toMatch(new RegExp(`^00-${trace}-[0-9a-f]{16}-00$`));
  await traceHandling("auth_events", "core_auth_consumers", new Map(Object.entries(first)), async () => {
    await traceSend("auth_events", async () => {});
  });
  // Of a real service, which sends nothing of a trace.
  await traceHandling("auth_events", "core_auth_consumers", new Map(), async () => {});
  await sendRest();

  const found = spans().filter(({ traceId }) => traceId === trace);
  const named = (name: string, from = 0) => found.filter((span) => span.name === name)[from];
  expect(found.map(({ name, kind }) => `${name} ${kind}`).sort()).toEqual([
    "GET /api/v1/broken 2",
    "GET /api/v1/sign-up 2",
    "process auth_events 5",
    "send auth_events 4",
    "send auth_events 4",
  ]);
  const served = named("GET /api/v1/sign-up");
  const handled = named("process auth_events");
  const sends = found.filter(({ name }) => name === "send auth_events");
  expect(served?.parentSpanId).toBe(gateway);
  expect(sends.map(({ parentSpanId }) => parentSpanId).sort()).toEqual(
    [served?.spanId, handled?.spanId].sort(),
  );
  expect(sends.map(({ spanId }) => spanId)).toContain(handled?.parentSpanId);
  expect(first.traceparent).toContain(handled?.parentSpanId);
  expect(named("GET /api/v1/broken")?.status.code).toBe(2);
  // The probe's own message is a trace of its own; nothing else is one.
  expect(spans().filter(({ traceId }) => traceId !== trace)).toHaveLength(1);

  expect(batches[0]).toMatchObject({
    url: "/base/v1/traces",
    headers: { authorization: "Bearer abc", "x-scope-orgid": "7" },
  });
  const attributes = batches[0]?.body.resourceSpans[0]?.resource.attributes ?? [];
  expect(Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue]))).toMatchObject({
    "service.name": "auth-service",
    "service.namespace": "beat",
  });
});
