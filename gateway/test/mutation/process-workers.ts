import { type Mutant, never, of } from "./mutant.ts";

/** Mutants of several processes that share a port. */
export const processWorkers: readonly Mutant[] = [
  ...of("process/primary.ts", [
    [
      "workers outlive a second signal",
      "  stop.abandon = () => workers.kill();\n",
      "",
      "process:start process:end",
    ],
    [
      "workers are not drained",
      "    const orderly = await workers.drain(settings.drain + grace);\n",
      "    const orderly = true;\n",
      "process:start",
    ],
    [
      "workers hear of no other table",
      "async (next) => ({ workers: await workers.use(next) }),",
      "async () => ({ workers: 0 }),",
      "process:reload",
    ],
    ["the primary's own figures are lost", "    metrics.snapshot(),\n", "", "process:workers process:reload"],
    [
      "workers that keep dying are restarted for ever",
      "      void workers.drain(settings.drain + grace).then(() => leave(1));",
      "",
      "process:workers",
    ],
    [
      "a worker that ends badly ends well",
      "    if (orderly) return;\n",
      "    if (orderly || Date.now() > 0) return;\n",
      "process:workers-start",
    ],
    [
      "a start that fails leaves its workers",
      "    workers.kill();\n    throw error;",
      "    throw error;",
      "process:workers-start",
    ],
  ]),
  ...of("process/wiring.ts", [
    [
      "the totals of a dead worker are lost",
      'merge([total, last.filter(({ type }) => type !== "gauge")]),',
      "total,",
      "process:workers",
    ],
    [
      "the gauges of a dead worker stay",
      'last.filter(({ type }) => type !== "gauge")',
      "last",
      "process:workers",
    ],
    [
      "there is no metrics port",
      "if (metricsPort === undefined) return undefined;",
      "if (metricsPort !== undefined) return undefined;",
      "process:workers",
    ],
    [
      "failed reloads count as good ones",
      'if (result === "reloaded") metrics',
      "if (result) metrics",
      "process:reload",
    ],
    [
      "the process is not measured",
      "  metrics.observe(processSource(version));\n",
      "",
      "process:workers gauges",
    ],
  ]),
  ...of("process/worker.ts", [
    [
      "a worker without a primary serves",
      "if (self === undefined)\n",
      `if (${never} && self === undefined)\n`,
      "process:start",
    ],
    [
      "a worker's drain does nothing",
      "drain: async () => gateway?.close(),",
      "drain: async () => {},",
      "process:workers drain-end process:start",
    ],
    ["a worker takes no other table", "      gateway?.use(order.table);\n", "", "process:reload"],
    [
      "a worker asks nobody for its limits",
      "wiring.start(order.table, gates)",
      "wiring.start(order.table)",
      "workers-limits",
    ],
    [
      "a worker dies with its primary",
      "  outlivePrimary(self, () => void drain());\n",
      "",
      "process:workers",
    ],
    [
      "a worker hears the terminal's signals",
      '  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => {});\n',
      "",
      "process:workers",
    ],
    [
      "a worker's figures are not told",
      "value: metrics?.snapshot() });",
      "value: undefined });",
      "process:workers",
    ],
    [
      "a worker sends no spans at its end",
      "finish: async () => wiring.finish?.(),",
      "finish: async () => {},",
      "process:spans process:end",
    ],
    [
      "a worker that cannot listen says nothing",
      '(error: Error) => report({ kind: "failed", message: error.message }),',
      "() => {},",
      "process:start process:workers",
    ],
  ]),
  ...of("process/workers.ts", [
    ["a worker that dies is not replaced", "if (!this.#stopping) this.#fork(place);", "", "process:workers"],
    [
      "workers that keep dying are not given up",
      "if (place.quickDeaths >= most) {",
      `if (${never}) {`,
      "process:workers",
    ],
    [
      "a worker that dies again is restarted at once",
      "place.quickDeaths === 0 ? 0 : 100 * 2 ** (place.quickDeaths - 1)",
      "0",
      "process:workers",
    ],
    [
      "workers that are started count as listening",
      "        if (!this.#places.every(({ listening }) => listening)) return;\n",
      "",
      "process:workers-start",
    ],
    [
      "the totals of a worker that died are lost",
      "if (retire !== undefined && place.last !== undefined) this.#retired =",
      `if (${never} && retire !== undefined) this.#retired =`,
      "process:workers",
    ],
    [
      "a worker that does not leave is waited for",
      "      this.kill();\n    }, limit);",
      "    }, limit);",
      "drain-end process:end",
    ],
    ["the places of a dead worker are lost", "      counter.close();\n", "", "workers-limits"],
    [
      "a new worker has the first table",
      "    this.#table = table;\n    this.#options.keeper.use(table);\n    const asked",
      "    this.#options.keeper.use(table);\n    const asked",
      "process:reload",
    ],
    [
      "who counts takes no other table",
      "    this.#options.keeper.use(table);\n    const asked",
      "    const asked",
      "reload-limits process:reload",
    ],
    ["who counts has no table", "    options.keeper.use(options.table);\n", "", "workers-limits"],
    ["a worker that is gone is waited for", '      worker.once("exit", gone);\n', "", "process:workers"],
    [
      "a worker that does not answer is waited for",
      "const timer = setTimeout(gone, answerTime);",
      "const timer = setTimeout(gone, 9e8);",
      "process:workers",
    ],
    [
      "workers are not killed",
      'for (const { worker } of this.#places) worker?.process.kill("SIGKILL");',
      "",
      "process:start drain-end",
    ],
    [
      "a new worker that cannot listen is left as it is",
      '    worker.process.kill("SIGKILL");\n',
      "",
      "process:workers-start",
    ],
  ]),
];
