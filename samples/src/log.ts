import type { IncomingMessage } from "node:http";
import { trace } from "@opentelemetry/api";

/** Writes one JSON line, with the trace that it is a part of, where there is one; callers pass no secrets. */
export function log(event: string, fields: object = {}): void {
  const told = {
    time: new Date().toISOString(),
    event,
    ...fields,
    trace: trace.getActiveSpan()?.spanContext().traceId,
  };
  process.stdout.write(`${JSON.stringify(told)}\n`);
}

/** Logs a request that has an id, as messaging does; the gateway gives one to each, and probes have none. */
export function logRequest(request: IncomingMessage, status: number, began: number): void {
  const id = request.headers["x-request-id"];
  if (typeof id !== "string") return;
  const path = (request.url ?? "/").split("?", 1)[0];
  const ms = Math.round((performance.now() - began) * 10) / 10;
  log("request", { id, method: request.method, path, status, ms });
}
