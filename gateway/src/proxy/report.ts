import type { Problem } from "../message/problem.ts";
import type { AccessLog, AccessRecord } from "../observe/access-log.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { SpanExporter } from "../observe/otlp.ts";
import type { Exchange } from "./exchange.ts";
import type { Tunnel } from "./tunnel.ts";

/** Where a gateway tells what it does. */
export interface Observers {
  readonly log: AccessLog;
  readonly metrics: Metrics;
  readonly spans?: SpanExporter | undefined;
}

/** Tells of a request that is over. */
export function reportExchange({ log, metrics, spans }: Observers, exchange: Exchange): void {
  exchange.metrics.record(exchange.status, exchange.durationMs);
  if (exchange.outcome !== undefined) metrics.refused(exchange.outcome);
  log.request(exchange);
  const { trace } = exchange;
  if (trace !== undefined)
    spans?.record({
      trace,
      method: exchange.method,
      path: exchange.target.split("?", 1)[0] ?? "",
      status: exchange.status,
      route: exchange.route,
      client: exchange.client,
      upstream: exchange.upstream,
      startMs: Date.now() - exchange.durationMs,
      durationMs: exchange.durationMs,
    });
}

/** Counts a handshake once it is answered, by the time that took: how long a tunnel lives is no latency. */
export function reportHandshake({ metrics }: Observers, tunnel: Tunnel): void {
  tunnel.handshake.state.metrics.record(tunnel.status, tunnel.answeredMs);
  if (tunnel.outcome !== undefined) metrics.refused(tunnel.outcome);
}

/** Logs a handshake and its tunnel in one line when both are over, as nginx does: only then are the bytes known. */
export function reportTunnel({ log }: Observers, tunnel: Tunnel): void {
  const { id, target, client, state } = tunnel.handshake;
  const opened = tunnel.status === 101;
  log.request({
    id,
    method: "GET",
    target,
    status: tunnel.status,
    durationMs: opened ? performance.now() - tunnel.start : tunnel.answeredMs,
    bytesIn: tunnel.bytesIn,
    bytesOut: tunnel.bytesOut,
    route: state.route.name,
    upstream: state.upstream,
    client,
    upgrade: true,
    outcome: tunnel.outcome,
  });
}

/** Tells of a handshake that was refused before it could go to an upstream. */
export function reportRefusedHandshake(
  { log, metrics }: Observers,
  facts: Pick<AccessRecord, "id" | "client" | "target" | "bytesOut">,
  { status, reason }: Problem,
  route: string | undefined,
): void {
  (route === undefined ? metrics.unrouted : metrics.route(route)).record(status, 0);
  metrics.refused(reason);
  log.request({
    ...facts,
    method: "GET",
    status,
    durationMs: 0,
    bytesIn: 0,
    route,
    upgrade: true,
    outcome: reason,
  });
}
