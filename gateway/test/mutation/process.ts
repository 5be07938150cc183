import { type Mutant, never, of } from "./mutant.ts";

/** Mutants of the life of a process: start, reload, end. */
export const process: readonly Mutant[] = [
  ...of("process/crash.ts", [
    [
      "a crash says nothing in the log",
      '      log.event("crashed", { origin, stack: stack.slice(0, longest) });\n',
      "",
      "process:end",
    ],
    ["a crash loses the log", "      log.flushSync(patience);\n", "", "process:end"],
    ["a crash is no failure", "leave(1);", "leave(0);", "process:end"],
    ["a crash shows no stack", "      writeSync(unblockedPipe(2) ?? 2, `${stack}\\n`);\n", "", "process:end"],
  ]),
  ...of("process/ending.ts", [
    ["what hangs is waited for", "  }, limit);", "  }, 9e8);", "unit:process/ending process:end"],
    [
      "requests that hung are no failure",
      "leave(drained ? 0 : 1);",
      "leave(0);",
      "unit:process/ending process:end",
    ],
    [
      "workers outlive a primary that is late",
      "    abandon?.();\n",
      "",
      "unit:process/ending process:end drain-end",
    ],
    ["the end does not finish", "  await finish();\n", "", "unit:process/ending process:spans"],
    [
      "the log is not written at the end",
      "  await finish();\n  await log.close();",
      "  await finish();",
      "unit:process/ending process:start",
    ],
    [
      "a late end is not told",
      '    log.event("ended-late", { after_ms: limit, drained });\n',
      "",
      "unit:process/ending process:end",
    ],
  ]),
  ...of("process/health.ts", [
    [
      "a gateway that is not ready is healthy",
      "response.statusCode === 200",
      "response.statusCode !== undefined",
      "unit:process/health",
    ],
    [
      "a gateway that is gone is healthy",
      '.on("error", () => resolve(false));',
      '.on("error", () => resolve(true));',
      "unit:process/health process:start",
    ],
  ]),
  ...of("process/listen.ts", [
    ["a taken port is not understood", "EADDRINUSE:", "EADDRINUSED:", "unit:process/listen process:start"],
    [
      "a host that is none is not understood",
      "EADDRNOTAVAIL:",
      "EADDRNOTAVAILABLE:",
      "unit:process/listen process:start",
    ],
    ["bursts of connections are dropped", "const backlog = 4096;", "const backlog = 1;", "drain"],
    [
      "the port is not tried before workers are",
      "  await listen(server, address, { exclusive: true });\n",
      "",
      "unit:process/listen",
    ],
  ]),
  ...of("process/reload.ts", [
    [
      "a changed file is not seen",
      "    watchFile(this.path, { interval, persistent: false }, onChange);\n    // What changed between the reading and the watcher's first look is no change to the watcher.\n    const first = setTimeout(onChange, interval).unref();",
      "    const first = setTimeout(onChange, 9e8).unref();",
      "unit:process/reload process:reload",
    ],
    [
      "a change at the start is not seen",
      "const first = setTimeout(onChange, interval).unref();",
      "const first = setTimeout(onChange, 9e8).unref();",
      "unit:process/reload",
    ],
    [
      "SIGHUP is not heard",
      '    process.on("SIGHUP", onSignal);\n',
      "",
      "unit:process/reload process:reload",
    ],
    [
      "a file is read before it is whole",
      'if (cause === "file") await settled(this.path);',
      "",
      "unit:process/reload",
    ],
    [
      "a file that was only touched is taken over",
      "if (text === this.#current) {",
      `if (${never}) {`,
      "unit:process/reload process:reload",
    ],
    [
      "a bad table is not told of",
      '          log.event("routes-kept", { cause, reason: (error as Error).message });\n',
      "",
      "unit:process/reload process:reload",
    ],
    [
      "what was taken over is forgotten",
      "            this.#current = text;\n",
      "",
      "unit:process/reload process:reload",
    ],
    ["reloads are not counted", '            done("reloaded");\n', "", "unit:process/reload"],
    [
      "a file that is not there is not understood",
      'if (error.code === "ENOENT") return',
      `if (${never}) return`,
      "process:start",
    ],
    [
      "the table of the start is not remembered",
      "    this.#current = JSON.stringify(table);\n",
      "",
      "unit:process/reload process:reload",
    ],
  ]),
  ...of("process/serve.ts", [
    ["the drain does nothing", "    await gateway.close();\n", "", "unit:process/serve process:start"],
    ["a table is not taken over", "      gateway.use(table);\n", "", "unit:process/serve process:reload"],
    [
      "reloads are not counted by a gateway alone",
      "(result) => metrics?.reload(result),",
      "() => {},",
      "unit:process/serve",
    ],
    [
      "spans are not sent at the end of a gateway alone",
      "    await wiring.finish?.();\n",
      "",
      "unit:process/serve process:spans",
    ],
    [
      "the metrics are closed for the drain",
      "    unwatch();\n    await gateway.close();",
      "    unwatch();\n    port?.close();\n    await gateway.close();",
      "unit:process/serve",
    ],
  ]),
  ...of("process/signals.ts", [
    [
      "SIGINT is not heard",
      '["SIGTERM", "SIGINT"]',
      '["SIGTERM"]',
      "unit:process/signals process:workers process:start",
    ],
    [
      "a second signal is not heard",
      "      if (stop.asked) {",
      `      if (stop.asked) return;\n      if (${never}) {`,
      "unit:process/signals process:end",
    ],
    [
      "a reload that is asked for too early ends the gateway",
      '  process.on("SIGHUP", () => {});\n',
      "",
      "unit:process/signals process:reload process:start",
    ],
    [
      "a second signal is an orderly end",
      "leave(128 + constants.signals[signal]);",
      "leave(0);",
      "unit:process/signals process:start",
    ],
    [
      "the drain is not told",
      '      log.event("draining", { signal });\n',
      "",
      "unit:process/signals process:start",
    ],
    ["the end is not told", '          log.event("stopped");\n', "", "unit:process/signals process:start"],
  ]),
  ...of("process/start-error.ts", [
    [
      "errors of the start have no name",
      'readonly name = "StartError";',
      'readonly name = "Error";',
      "process:start",
    ],
  ]),
];
