import type { AccessLog } from "../observe/access-log.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { SpanExporter } from "../observe/otlp.ts";
import type { Exchange } from "./exchange.ts";

/** Where a gateway tells what it does. */
export interface Observers {
  readonly log: AccessLog;
  readonly metrics: Metrics;
  readonly spans?: SpanExporter | undefined;
}

/** Counts an answer, once it is given: a handshake then too, since how long its tunnel lives is no latency. */
export function reportAnswer({ spans }: Observers, exchange: Exchange): void {
  exchange.metrics.record(exchange.status, exchange.durationMs);
  if (exchange.outcome !== undefined) exchange.metrics.refused(exchange.outcome);
  const { trace } = exchange;
  if (trace !== undefined)
    spans?.record({
      trace,
      method: exchange.method,
      target: exchange.target,
      status: exchange.status,
      route: exchange.route,
      client: exchange.client,
      upstream: exchange.upstream,
      startMs: Date.now() - exchange.durationMs,
      durationMs: exchange.durationMs,
    });
}

/** Logs what is over: a request, a handshake together with its tunnel, or bytes that were none. */
export function reportEnd({ log }: Observers, exchange: Exchange): void {
  if (exchange.request !== undefined) return log.request(exchange);
  const { id, status, client, outcome, fault } = exchange;
  log.event("client-error", { id, status, client, outcome, fault });
}
