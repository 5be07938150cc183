import { type Mutant, never, of } from "./mutant.ts";

/** Mutants of what wires it all. */
export const wiring: readonly Mutant[] = [
  ...of("gateway.ts", [
    [
      "limits count before what came while the process stood still",
      "const sweep = () => setImmediate(() => this.#sweep());",
      "const sweep = () => this.#sweep();",
      "standstill",
    ],
    [
      "a head that lies unread is too late",
      "      return client.onLateHead();\n",
      "      return client.refuse({ refusal: refusals.headTimeout });\n",
      "pipelining-held",
    ],
    [
      "the limit of connections does not turn anybody away",
      "if (size > this.#capacity.connections) {",
      `if (${never}) {`,
      "connections",
    ],
    [
      "who is turned away is not counted",
      '      this.#observers.metrics.connectionRefused("total");\n',
      "",
      "connections",
    ],
    [
      "beyond the reserve all are answered",
      "if (size > this.#capacity.connections + this.#capacity.reserve)",
      `if (${never})`,
      "unit:gateway",
    ],
    [
      "a trusted proxy has a client's limit",
      "else if (!client.trusted && this",
      "else if (this",
      "connections",
    ],
    [
      "who has too many connections is not counted",
      'this.#observers.metrics.connectionRefused("client");',
      "",
      "connections",
    ],
    [
      "bytes that cannot be read get no answer",
      'if (client.state === "open" && !client.refuseUnfinished(refusal)) client.refuse({ refusal });',
      'client.destroy("refused");',
      "framing syntax",
    ],
    [
      "what is read after a reset is answered",
      'if (!socket.writable || error.code === "ECONNRESET" || error.code === "EPIPE")\n      return client.destroy("client");',
      "",
      "unit:gateway",
    ],
    [
      "a parser that stopped is an error",
      "if (error.code === pausedCode) return client.hold(error);",
      "",
      "pipelining-many",
    ],
    [
      "CONNECT gets no answer",
      "clientOf(request).refuse({ request, refusal: refusals.connect });",
      'clientOf(request).destroy("refused");',
      "pipelining-broken",
    ],
    ["the drain is not told to anybody", "    this.#handler.draining = true;\n", "", "drain"],
    ["connections that closed are kept", "    this.#clients.delete(client);\n", "", "connections"],
    [
      "closed connections are not counted by reason",
      '    this.#observers.metrics.closed(client.closeReason ?? "client");\n',
      "",
      "idle gauges",
    ],
    ["nothing is swept", "    this.#clients.sweep(now);\n", "", "idle"],
    ["idle upstream connections are not swept", "    this.#routes.sweep(now);\n", "", "idle"],
    ["short limits are looked at seldom", "Math.min(250, Math.max(10, shortest / 8))", "10_000", "limits"],
    [
      "bytes of tunnels that are over are not counted",
      "return { in: open.in + past.in, out: open.out + past.out };",
      "return open;",
      "gauges",
    ],
    ["the drain leaves connections to upstreams", "    this.#routes.close();\n", "", "unit:gateway"],
  ]),
  ...of("main.ts", [
    [
      "an unknown command serves",
      'if (!["serve", "check", "health", "worker", "help", "--help"].includes(command))',
      `if (${never})`,
      "process:start",
    ],
    [
      "check takes any table",
      "const { services } = routeFile.load();",
      "const { services } = { services: [] };",
      "process:start",
    ],
    [
      "health is always good",
      "process.exit((await isReady(settings)) ? 0 : 1);",
      "process.exit(0);",
      "process:start",
    ],
    [
      "workers are not started",
      'const alone = command === "serve" && settings.workers === 1;',
      'const alone = command === "serve";',
      "process:workers",
    ],
    [
      "a bad setting has the code of a crash",
      "process.exit(error instanceof StartError ? error.exitCode : 2);",
      "process.exit(1);",
      "process:start",
    ],
    [
      "a bad setting shows a stack",
      '!["StartError", "SettingsError"].includes(error.name)',
      '!["StartError"].includes(error.name)',
      "process:start",
    ],
    [
      "spans are not exported",
      "const spans = otlp && new",
      `const spans = ${never} ? undefined : otlp && Date.now() < 0 && new`,
      "process:spans",
    ],
    ["spans are not sent at the end", "...(spans && { finish: () => spans.close() }),", "", "process:spans"],
    ["a crash is not logged", "  endOnCrash(log);\n", "", "process:end"],
    [
      "workers write log lines into each other",
      "...(!alone && { chunk: pipeBuffer })",
      "...(!alone && { chunk: 100 })",
      "process:workers",
    ],
  ]),
];
