import type { IncomingMessage } from "node:http";

/** Writes one JSON line; callers pass no secrets. */
export function log(event: string, fields: object = {}): void {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), event, ...fields })}\n`);
}

/** Logs a request that has an id, as messaging does; the gateway gives one to each, and probes have none. */
export function logRequest(request: IncomingMessage, status: number, began: number): void {
  const id = request.headers["x-request-id"];
  if (typeof id !== "string") return;
  const path = (request.url ?? "/").split("?", 1)[0];
  const ms = Math.round((performance.now() - began) * 10) / 10;
  log("request", { id, method: request.method, path, status, ms });
}
