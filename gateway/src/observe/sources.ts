import { readdirSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { counter, type Family, gauge, type Source } from "./metrics.ts";

/** The connections to one upstream, `host:port`. */
export interface PoolState {
  readonly upstream: string;
  readonly idle: number;
  readonly busy: number;
  /** Requests that wait for a place. */
  readonly waiting: number;
}

/** What the data path tells when it is asked. */
export interface GatewayState {
  pools(): Iterable<PoolState>;
  /** Client connections. */
  connections(): number;
  inFlight(): number;
  tunnels(): number;
  /** Bytes from and to clients in tunnels, open ones included. */
  tunnelBytes(): { readonly in: number; readonly out: number };
  logLinesDropped(): number;
}

/** The gateway's own gauges. */
export function gatewaySource(state: GatewayState): Source {
  return () => {
    const pools = [...state.pools()];
    const tunnelBytes = state.tunnelBytes();
    return [
      gauge(
        "gateway_upstream_connections",
        "Connections to an upstream, by state.",
        pools.flatMap(({ upstream, idle, busy }) => [
          { labels: { upstream, state: "idle" }, value: idle },
          { labels: { upstream, state: "busy" }, value: busy },
        ]),
      ),
      gauge(
        "gateway_upstream_waiting_requests",
        "Requests that wait for a place at an upstream.",
        pools.map(({ upstream, waiting }) => ({ labels: { upstream }, value: waiting })),
      ),
      gauge("gateway_client_connections", "Open connections of clients.", state.connections()),
      gauge("gateway_requests_in_flight", "Requests that have no whole answer yet.", state.inFlight()),
      gauge("gateway_tunnels", "WebSocket tunnels, open or waiting for their handshake.", state.tunnels()),
      counter("gateway_tunnel_bytes_total", "Bytes that tunnels took from clients and gave to them.", [
        { labels: { direction: "in" }, value: tunnelBytes.in },
        { labels: { direction: "out" }, value: tunnelBytes.out },
      ]),
      counter(
        "gateway_log_lines_dropped_total",
        "Log lines given up for a slow reader.",
        state.logLinesDropped(),
      ),
    ];
  };
}

/** What became of the spans. */
export function spanSource(exporter: { readonly sent: number; readonly dropped: number }): Source {
  return () => [
    counter("gateway_spans_total", "Spans that the collector took, and those given up.", [
      { labels: { result: "sent" }, value: exporter.sent },
      { labels: { result: "dropped" }, value: exporter.dropped },
    ]),
  ];
}

/**
 * Metrics of the Node process. The event loop is sampled every 20 ms by a timer of libuv; percentiles are those since
 * the last reading, less the one interval in which it fell.
 */
export function processSource(version: string): Source {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  return () => {
    const memory = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    const at = (quantile: string, nanoseconds: number) => ({
      labels: { quantile },
      value: Number.isFinite(nanoseconds) ? nanoseconds / 1e9 : 0,
    });
    // Without a sample yet max is a nonsense value.
    const seen = delay.count > 0;
    const families: Family[] = [
      gauge(
        "nodejs_eventloop_delay_seconds",
        "Delay of the event loop since the last reading, the sampling interval of 0.02 s included.",
        [
          at("0.5", seen ? delay.percentile(50) : 0),
          at("0.99", seen ? delay.percentile(99) : 0),
          at("1", seen ? delay.max : 0),
        ],
        "max",
      ),
      counter("process_cpu_seconds_total", "CPU time of user and system.", (user + system) / 1e6),
      gauge("process_resident_memory_bytes", "Resident memory.", memory.rss),
      gauge("nodejs_heap_size_used_bytes", "Used heap of V8.", memory.heapUsed),
      gauge(
        "nodejs_active_resources",
        "What keeps the event loop alive: sockets, timers, requests to the system.",
        process.getActiveResourcesInfo().length,
      ),
      gauge("nodejs_external_memory_bytes", "Memory of buffers outside the heap.", memory.external),
      gauge(
        "gateway_build_info",
        "Always 1; the labels say what runs.",
        [{ labels: { version, node: process.version }, value: 1 }],
        "max",
      ),
      gauge("gateway_workers", "Processes that are part of these numbers.", 1),
    ];
    const files = openFiles();
    if (files !== undefined) families.push(gauge("process_open_fds", "Open file descriptors.", files));
    delay.reset();
    return families;
  };
}

/** Open files by /proc; undefined where there is none. */
function openFiles(): number | undefined {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return undefined;
  }
}
