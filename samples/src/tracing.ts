import type { IncomingMessage } from "node:http";
import {
  type Attributes,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";

/*
 * Spans of a sample, by OpenTelemetry's own library, named by its semantic conventions for HTTP and messaging. Without a receiver all of
 * this does nothing: the interface is there alone, and what sends is never loaded.
 */

/** Begins to send spans where the environment names a receiver. Ends with what sends the rest. */
export async function startTracing(): Promise<() => Promise<void>> {
  if (!process.env.OTEL_EXPORTER_OTLP_ENDPOINT) return async () => {};
  return (await import("./tracing-sdk.ts")).sendSpans();
}

const tracer = () => trace.getTracer("beat-sample");

async function within<T>(span: Span, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR });
    span.setAttribute("error.type", (error as Error).name);
    throw error;
  } finally {
    span.end();
  }
}

/**
 * Serves a request as a part of its caller's trace. What did not come through the gateway, a probe say, has no id and is no span.
 * @param route what served it; undefined for nothing.
 * @param serve answers with its status.
 */
export function traceRequest(
  request: IncomingMessage,
  path: string,
  route: string | undefined,
  serve: () => Promise<number>,
): Promise<number> {
  if (request.headers["x-request-id"] === undefined) return serve();
  const method = request.method ?? "GET";
  const attributes: Attributes = {
    "http.request.method": method,
    "url.path": path,
    "url.scheme": "http",
    ...(route !== undefined && { "http.route": route }),
  };
  const caller = propagation.extract(ROOT_CONTEXT, request.headers);
  const name = route === undefined ? method : `${method} ${route}`;
  return tracer().startActiveSpan(name, { kind: SpanKind.SERVER, attributes }, caller, (span) =>
    within(span, async () => {
      const status = await serve();
      span.setAttribute("http.response.status_code", status);
      if (status >= 500) {
        span.setStatus({ code: SpanStatusCode.ERROR });
        span.setAttribute("error.type", String(status));
      }
      return status;
    }),
  );
}

const kafka = (topic: string, operation: string): Attributes => ({
  "messaging.system": "kafka",
  "messaging.destination.name": topic,
  "messaging.operation.name": operation,
});

/** Sends a message. @param send is given the headers by which who reads it continues the trace. */
export function traceSend<T>(
  topic: string,
  send: (headers: Record<string, string>) => Promise<T>,
): Promise<T> {
  const attributes = { ...kafka(topic, "send"), "messaging.operation.type": "send" };
  return tracer().startActiveSpan(`send ${topic}`, { kind: SpanKind.PRODUCER, attributes }, (span) =>
    within(span, () => {
      const headers: Record<string, string> = {};
      propagation.inject(context.active(), headers);
      return send(headers);
    }),
  );
}

/** Handles a message as a part of the trace of who sent it. */
export function traceHandling(
  topic: string,
  group: string,
  headers: ReadonlyMap<string, string>,
  handle: () => Promise<void>,
): Promise<void> {
  const attributes = {
    ...kafka(topic, "process"),
    "messaging.operation.type": "process",
    "messaging.consumer.group.name": group,
  };
  const sender = propagation.extract(ROOT_CONTEXT, Object.fromEntries(headers));
  // Who sent nothing of a trace, a real service say, is no reason to begin one for each message.
  if (trace.getSpanContext(sender) === undefined) return handle();
  return tracer().startActiveSpan(
    `process ${topic}`,
    { kind: SpanKind.CONSUMER, attributes },
    sender,
    (span) => within(span, handle),
  );
}
