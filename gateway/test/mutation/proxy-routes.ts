import { type Mutant, never, of } from "./mutant.ts";

/** Mutants of the routes in force, and of the gateway's own paths. */
export const proxyRoutes: readonly Mutant[] = [
  ...of("proxy/own-paths.ts", [
    ["ready while it drains", "const ready = !draining() && ", "const ready = ", "drain"],
    [
      "ready while an upstream is away",
      'upstreams.every(({ status }) => status === "ok")',
      "upstreams.length > 0",
      "own-paths",
    ],
    [
      "any method asks for the health",
      'const get = exchange.method === "GET" || exchange.method === "HEAD";',
      "const get = true;",
      "own-paths",
    ],
    ["own paths begin inside a segment", '/[/?]/.test(target[own.length] ?? "")', "true", "own-paths"],
    ["a query hides an own path", 'target.split("?", 1)[0]', "target", "own-paths"],
    ["the state of a drain is not told", 'draining() ? "draining" : ', "", "own-paths drain"],
  ]),
  ...of("proxy/readiness.ts", [
    [
      "a health path that drips is waited for",
      "const timer = setTimeout(() => request.destroy(), timeout);",
      "const timer = setTimeout(() => request.destroy(), 9e8);",
      "readiness",
    ],
    [
      "a probe reads a body to its end",
      "      request.destroy();\n    });\n    // In all",
      "    });\n    // In all",
      "readiness",
    ],
    [
      "an upstream that answers with an error is ready",
      "(response.statusCode ?? 500) < 400",
      "(response.statusCode ?? 500) > 0",
      "own-paths",
    ],
    [
      "an upstream that accepts no connection is ready",
      '    socket.once("error", () => settle(false));',
      '    socket.once("error", () => settle(true));',
      "own-paths",
    ],
    ["each probe asks the upstreams", "Date.now() - this.#askedAt > freshMs", "Date.now() > 0", "own-paths"],
    [
      "the answer of the first probe holds for ever",
      "Date.now() - this.#askedAt > freshMs",
      never,
      "own-paths",
    ],
    [
      "a new table's upstreams are not asked",
      "    this.#table = table;\n    this.#states = undefined;",
      "",
      "own-paths",
    ],
  ]),
  ...of("proxy/active-routes.ts", [
    [
      "a reload changes no route",
      "    this.#decide = compileRouter(table);\n    this.#states = states;\n    this.#pools = pools;\n    this.readiness",
      "    this.#states = states;\n    this.#pools = pools;\n    this.readiness",
      "process:reload",
    ],
    ["a reload changes no limit", "    this.#gates.use(table);\n", "", "reload-limits"],
    [
      "upstreams that are gone from the table stay connected",
      "if (!pools.has(key)) pool.close();",
      "",
      "unit:proxy/active-routes",
    ],
    [
      "a reload begins with new pools",
      "this.#metrics, this.#gates, this.#pools);",
      "this.#metrics, this.#gates, new Map());",
      "unit:proxy/active-routes",
    ],
    [
      "idle upstream connections are never closed",
      "for (const pool of this.#pools.values()) pool.sweep(now);",
      "",
      "idle",
    ],
    [
      "the drain leaves upstream connections open",
      "    for (const pool of this.#pools.values()) pool.close();\n",
      "",
      "unit:proxy/active-routes",
    ],
    [
      "pools are not measured",
      "yield { upstream, idle, busy: open - idle, waiting };",
      "yield { upstream, idle, busy: 0, waiting: 0 };",
      "gauges",
    ],
  ]),
  ...of("proxy/route-state.ts", [
    ["each route has a pool of its own", "pools.get(upstream) ??\n      before.get", "before.get", "gauges"],
    ["a route's time for an answer is ignored", "route.timeouts?.response_ms ?? ", "", "route-limits"],
    ["a route's time to connect is ignored", "route.timeouts?.connect_ms ?? ", "", "route-limits"],
    [
      "a route's time in the queue is ignored",
      "route.concurrency?.queue_ms ?? ",
      "",
      "unit:proxy/active-routes",
    ],
    ["a route's limit of bodies is ignored", "route.max_body_bytes ?? ", "", "unit:proxy/active-routes"],
    [
      "a route's CORS rules are ignored",
      "cors: route.cors && new Cors(route.cors),",
      "cors: undefined,",
      "cors",
    ],
    ["a route's limits are ignored", "gate: gates.of(route),", "gate: undefined,", "concurrency"],
    [
      "the age of connections has no limit",
      "maxAge: settings.upstreamMaxAge,",
      "maxAge: 9e9,",
      "upstream-reuse",
    ],
    [
      "what waits for an upstream is gathered",
      "maxWaiting: mostWaiting,",
      "maxWaiting: Number.POSITIVE_INFINITY,",
      "route-limits",
    ],
  ]),
];
