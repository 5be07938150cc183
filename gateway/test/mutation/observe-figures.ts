import { type Mutant, never, of } from "./mutant.ts";

/** Mutants of the metrics and the spans. */
export const observeFigures: readonly Mutant[] = [
  ...of("observe/metrics.ts", [
    [
      "bounds of buckets are exclusive",
      "if (milliseconds <= (bucketsMs[middle] as number))",
      "if (milliseconds < (bucketsMs[middle] as number))",
      "unit:observe/metrics",
    ],
    [
      "a status that is none has the class of another",
      "status >= 100 && status < 600 ? (status / 100) | 0 : 0",
      "(status / 100) | 0",
      "unit:observe/metrics",
    ],
    [
      "reasons without bound",
      "known !== undefined || this.#counts.size < mostReasons ? reason",
      "known !== undefined || reason ? reason",
      "unit:observe/metrics",
    ],
    [
      "a reload forgets a route's counters",
      "    if (found === undefined) {\n      found = new RouteMetrics(name);",
      "    {\n      found = new RouteMetrics(name);",
      "unit:observe/metrics",
    ],
    [
      "workers do not add up",
      "highest ? Math.max(one.value, other.value) : one.value + other.value",
      "Math.max(one.value, other.value)",
      "unit:observe/metrics",
    ],
    [
      "delays of workers add up",
      "highest ? Math.max(one.value, other.value) : one.value + other.value",
      "one.value + other.value",
      "unit:observe/metrics",
    ],
    [
      "histograms of workers do not add up",
      "counts: one.counts.map((count, i) => count + (other.counts[i] ?? 0)),",
      "counts: one.counts,",
      "unit:observe/metrics",
    ],
    [
      "labels in another order are another series",
      "JSON.stringify(Object.entries(sample.labels).sort())",
      "JSON.stringify(sample.labels)",
      "unit:observe/metrics-merge",
    ],
    [
      "the time of answers is not measured",
      "    add(this.times, 2 * width, milliseconds);\n",
      "",
      "unit:observe/metrics",
    ],
    ["refusals are not counted by reason", "this.refusals.count(reason);", "", "unit:observe/metrics"],
    ["closed connections are not counted", "this.#closes.count(reason);", "", "unit:observe/metrics"],
    ["sources are not asked", "this.#sources.push(source);", "", "unit:observe/metrics"],
  ]),
  ...of("observe/metrics-server.ts", [
    [
      "any path is /metrics",
      'if (request.url?.split("?", 1)[0] !== "/metrics") return answer(404, "not found\\n");',
      "",
      "unit:observe/metrics",
    ],
    [
      "any method reads the metrics",
      'if (request.method !== "GET" && request.method !== "HEAD") {',
      `if (${never}) {`,
      "unit:observe/metrics",
    ],
    [
      "metrics that cannot be read end the request",
      '() => answer(503, "the metrics cannot be collected\\n"),',
      '() => answer(200, ""),',
      "unit:observe/metrics",
    ],
    ["a label ends where it likes", ".replace(/\"/g, '\\\\\"')", "", "unit:observe/metrics"],
    ["buckets are not added up", "total += count;", "total = count;", "unit:observe/metrics"],
  ]),
  ...of("observe/sources.ts", [
    [
      "idle connections are busy ones",
      '{ labels: { upstream, state: "idle" }, value: idle },',
      '{ labels: { upstream, state: "idle" }, value: busy },',
      "unit:observe/sources gauges",
    ],
    [
      "those that wait are not told",
      "pools.map(({ upstream, waiting }) => ({ labels: { upstream }, value: waiting })),",
      "[],",
      "unit:observe/sources gauges",
    ],
    ["connections are not told", "state.connections()", "0", "unit:observe/sources connections gauges"],
    ["tunnels are not told", "state.tunnels()", "0", "unit:observe/sources gauges"],
    ["requests in flight are not told", "state.inFlight()", "0", "unit:observe/sources gauges"],
    ["dropped lines are not told", "state.logLinesDropped(),", "0,", "unit:observe/sources gauges"],
    ["spans are not counted", "value: exporter.sent", "value: 0", "unit:observe/sources"],
    ["a blocked loop does not show", 'at("1", seen ? delay.max : 0),', 'at("1", 0),', "unit:observe/metrics"],
  ]),
  ...of("observe/otlp.ts", [
    ["spans hold the query", 'record.target.split("?", 1)[0] ?? ""', "record.target", "unit:observe/otlp"],
    ["what is not sampled is sent", "if (!span.trace.sampled) return;", "", "unit:observe/otlp"],
    [
      "spans are gathered without bound",
      "if (this.#waiting.length >= this.#options.most) {",
      `if (${never}) {`,
      "unit:observe/otlp",
    ],
    [
      "what the collector refused counts as sent",
      "if (taken) this.sent += batch.length;",
      "if (taken || batch) this.sent += batch.length;",
      "unit:observe/otlp",
    ],
    [
      "a full batch waits",
      "if (this.#waiting.length >= this.#options.batch) this.#send();\n    else this.#timer ??=",
      "this.#timer ??=",
      "unit:observe/otlp",
    ],
    [
      "a collector that does not answer is waited for",
      "signal: AbortSignal.timeout(this.#options.timeoutMs),",
      "",
      "unit:observe/otlp process:end",
    ],
    [
      "the parent of a span is lost",
      "...(trace.parentId !== undefined && { parentSpanId: trace.parentId }),",
      "",
      "unit:observe/otlp",
    ],
    [
      "any method names a span",
      'const verb = known.has(method) ? method : "_OTHER";',
      "const verb = method;",
      "unit:observe/otlp",
    ],
  ]),
];
