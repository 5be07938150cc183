import http from "node:http";
import https from "node:https";
import { everything, type Sampler, type Trace } from "./trace.ts";

/** One request through the gateway, which is one span. */
export interface SpanRecord {
  readonly trace: Trace;
  readonly method: string;
  /** Its query goes no further: secrets live there. */
  readonly target: string;
  readonly status: number;
  /** Prefix of the route; undefined when none took the request. */
  readonly route: string | undefined;
  readonly client: string;
  /** `host:port`, when an upstream answered. */
  readonly upstream?: string | undefined;
  /** Milliseconds since 1970. */
  readonly startMs: number;
  readonly durationMs: number;
}

/** How {@link SpanExporter} gathers. */
export interface SpanExporterOptions {
  /** Spans that may wait; more are dropped and counted. */
  readonly most?: number;
  readonly batch?: number;
  readonly intervalMs?: number;
  readonly timeoutMs?: number;
  /** Sent with each batch. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What is said of the process beside its name. */
  readonly attributes?: Readonly<Record<string, string>>;
  readonly sampler?: Sampler;
}

/** Methods of RFC 9110 and PATCH; any other is `_OTHER` (OpenTelemetry HTTP conventions). */
const known = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"]);

/**
 * Sends spans to an OpenTelemetry collector as OTLP/HTTP JSON, in batches and apart from requests. Never waits and
 * never throws: what the collector does not take is dropped and counted.
 */
export class SpanExporter {
  sent = 0;
  dropped = 0;
  /** Which traces are recorded. */
  readonly sampler: Sampler;
  #waiting: SpanRecord[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  readonly #endpoint: URL;
  readonly #service: string;
  readonly #options: Required<SpanExporterOptions>;
  readonly #agent: http.Agent;

  constructor(endpoint: URL, serviceName: string, options: SpanExporterOptions = {}) {
    this.#endpoint = endpoint;
    this.#service = serviceName;
    this.#options = {
      most: 4_096,
      batch: 512,
      intervalMs: 2_000,
      timeoutMs: 5_000,
      headers: {},
      attributes: {},
      sampler: everything,
      ...options,
    };
    this.sampler = this.#options.sampler;
    this.#agent = new (endpoint.protocol === "https:" ? https : http).Agent({
      keepAlive: true,
      maxSockets: 1,
    });
  }

  /** Takes the span of a finished request; one that is not sampled is left out. */
  record(span: SpanRecord): void {
    if (!span.trace.sampled) return;
    if (this.#waiting.length >= this.#options.most) {
      this.dropped++;
      return;
    }
    this.#waiting.push(span);
    if (this.#waiting.length >= this.#options.batch) this.#send();
    else this.#timer ??= setTimeout(() => this.#send(), this.#options.intervalMs).unref();
  }

  /** Sends what waits, for the end of the process; takes no longer than the time-out of each batch. */
  async close(): Promise<void> {
    while (this.#waiting.length > 0 || this.#sending !== undefined) {
      this.#send();
      await this.#sending;
    }
    this.#agent.destroy();
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#sending !== undefined || this.#waiting.length === 0) return;
    const batch = this.#waiting.splice(0, this.#options.batch);
    this.#sending = this.#post(JSON.stringify(payload(batch, this.#service, this.#options.attributes))).then(
      (taken) => {
        if (taken) this.sent += batch.length;
        else this.dropped += batch.length;
        this.#sending = undefined;
        if (this.#waiting.length >= this.#options.batch) this.#send();
        else if (this.#waiting.length > 0)
          this.#timer ??= setTimeout(() => this.#send(), this.#options.intervalMs).unref();
      },
    );
  }

  /** Resolves to whether the collector took it. */
  #post(body: string): Promise<boolean> {
    return new Promise((resolve) => {
      const request = (this.#endpoint.protocol === "https:" ? https : http).request(this.#endpoint, {
        method: "POST",
        agent: this.#agent,
        signal: AbortSignal.timeout(this.#options.timeoutMs),
        headers: {
          ...this.#options.headers,
          "Content-Type": "application/json",
          "Content-Length": Buffer.byteLength(body),
        },
      });
      request.on("error", () => resolve(false));
      request.on("response", (response) => {
        response.resume();
        response.on("close", () => resolve(response.complete && response.statusCode === 200));
      });
      request.end(body);
    });
  }
}

type Attribute = { readonly key: string; readonly value: object };
const text = (key: string, value: string): Attribute => ({ key, value: { stringValue: value } });
const whole = (key: string, value: number): Attribute => ({ key, value: { intValue: String(value) } });

/** An ExportTraceServiceRequest in the JSON of OTLP 1: hexadecimal ids, 64-bit numbers as text. */
export function payload(
  spans: readonly SpanRecord[],
  service: string,
  more: Readonly<Record<string, string>> = {},
): object {
  const others = Object.entries(more).map(([key, value]) => text(key, value));
  return {
    resourceSpans: [
      {
        resource: { attributes: [text("service.name", service), ...others] },
        scopeSpans: [{ scope: { name: "beat-gateway" }, spans: spans.map(span) }],
      },
    ],
  };
}

/** Kind SERVER: the gateway's span names what it answered (OpenTelemetry semantic conventions for HTTP). */
function span(record: SpanRecord): object {
  const { trace, method, status, route, upstream } = record;
  const verb = known.has(method) ? method : "_OTHER";
  const name = verb === "_OTHER" ? "HTTP" : verb;
  const attributes = [
    text("http.request.method", verb),
    text("url.path", record.target.split("?", 1)[0] ?? ""),
    text("url.scheme", "http"),
    text("client.address", record.client),
    whole("http.response.status_code", status),
  ];
  if (verb === "_OTHER") attributes.push(text("http.request.method_original", method));
  if (route !== undefined) attributes.push(text("http.route", route));
  if (upstream !== undefined) attributes.push(text("beat.upstream", upstream));
  if (status >= 500) attributes.push(text("error.type", String(status)));
  return {
    traceId: trace.traceId,
    spanId: trace.spanId,
    ...(trace.parentId !== undefined && { parentSpanId: trace.parentId }),
    name: route === undefined ? name : `${name} ${route}`,
    kind: 2,
    startTimeUnixNano: nanoseconds(record.startMs),
    endTimeUnixNano: nanoseconds(record.startMs + record.durationMs),
    attributes,
    // A client's error is no error of the server that says so.
    status: status >= 500 ? { code: 2 } : {},
  };
}

/** Nanoseconds need 61 bits: more than a number holds exactly. */
const nanoseconds = (ms: number): string => String(BigInt(Math.round(ms * 1000)) * 1000n);
