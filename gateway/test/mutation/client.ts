import { type Mutant, never, of, together } from "./mutant.ts";

/** Mutants of what belongs to the connections of clients: reading, events, all of them together, the drain. */
export const client: readonly Mutant[] = [
  ...of("client/reading.ts", [
    [
      "a parser that was held is never resumed",
      "    this.held = false;\n    goOn(this.#of.socket);",
      "",
      "pipelining-many",
    ],
    [
      "a parser that is held is fed all the same",
      "return this.held || this.#blocked",
      "return this.#blocked",
      "unit:client/reading",
    ],
    [
      "what a parser that was fed while it is held left is cut",
      "this.held ? { ...left, bytesParsed: 0 } : left",
      "left",
      "unit:client/reading",
    ],
    [
      "a body whose upstream takes no more is read on between its slices",
      "return this.held || this.#blocked || ",
      "return this.held || ",
      "unit:client/reading",
    ],
    [
      "a connection whose upload was not taken is never read again",
      "    if (this.#blocked) this.unblock();\n",
      "",
      "unit:client/reading",
    ],
    ["what its client does not take is read on", "|| this.#untaken ||", "||", "unit:client/reading"],
    ["a body that waits its turn is read on", "|| this.#early ||", "||", "unit:client/reading"],
    [
      "what stopped its reading goes on stopping a connection that ends",
      '    if (this.#of.state !== "open") return this.#of.state === "refusing";\n',
      "",
      "unit:client/reading",
    ],
    ["slices do not wait for their turn", "|| this.#waits;", ";", "unit:client/reading"],
    ["an upload that is blocked stays so", "    this.#blocked = false;\n", "", "unit:client/reading"],
    [
      "chunks of a byte are parsed as they come",
      "      readInSlices(\n",
      "      if (Date.now() < 0) readInSlices(\n",
      "fairness",
    ],
    ["it is cut in slices again and again", "    if (this.#sliced) return;\n", "", "unit:client/reading"],
  ]),
  ...of("client/turn-queue.ts", [
    ["many turns wait without bound", "this.#turns.length >= most || ", "", "unit:client/turn-queue"],
    ["large heads wait without bound", " || this.#size >= mostSize", "", "unit:client/connection"],
    [
      "heads that were begun are counted as waiting",
      "Math.max(0, this.#size - sizeOf(turn))",
      "this.#size",
      "unit:client/connection",
    ],
  ]),
  ...of("client/socket-events.ts", [
    ["that a client reads again is not heard", '  socket.on("drain", onDrain);\n', "", "pipelining-many"],
    [
      "a connection lingers only once its time is over",
      '  socket.on("finish", onFinish);\n',
      "",
      "unit:client/connection",
    ],
    [
      "a client's end is not heard",
      '  socket.prependListener("end", onEnd);\n',
      "",
      "unit:client/connection",
    ],
    ["a client's leaving is not heard", '  socket.on("close", onClose);\n', "", "client"],
    ["a client's reset ends the process", '  socket.on("error", onError);\n', "", "unit:client/connection"],
  ]),
  ...of("client/clients.ts", [
    [
      "a drain waits for idle connections",
      'if (client.done && client.idleSince <= since) client.destroy("drain");',
      `if (client.done && ${never}) client.destroy("drain");`,
      "drain",
    ],
    [
      "a connection that has just come is closed by a drain",
      "client.done && client.idleSince <= since",
      "client.done",
      "drain",
    ],
    [
      "connections that have something under way are closed as idle",
      "if (client.done && client.idleSince <= since)",
      "if (client.idleSince <= since)",
      "drain",
    ],
    ["connections are never swept", "for (const client of this.#all) client.sweep(now);", "", "idle"],
    ["closed connections are counted", "this.#all.delete(client);", "", "connections"],
    [
      "an open tunnel is in flight",
      "if (current !== undefined && current.tunnel?.open !== true) count++;",
      "if (current !== undefined) count++;",
      "process:workers counts gauges",
    ],
    ["tunnels are not counted", 'if (state === "tunnel") count++;', "", "gauges"],
    [
      "bytes of open tunnels are not counted",
      "if (current?.tunnel?.open !== true) continue;",
      "continue;",
      "gauges",
    ],
  ]),
  ...of("client/drain.ts", [
    ["nobody is told of the end of a drain", "    clients.giveUp();\n", "", "drain"],
    ["a drain waits for what does not end", "    clients.destroy();\n", "", "unit:client/drain"],
    ["a drain cuts what runs", "sleep(Math.max(0, end - performance.now()), ", "sleep(0, ", "drain"],
    ["the listener closes at once", "  await sleep(Math.min(drainDelay, limit));\n", "", "drain"],
    ["the backlog is reset", "  await emptyBacklog(server, end);\n", "", "drain"],
    [
      "idle connections are closed once",
      "setInterval(() => setImmediate(closeIdle), 50);",
      "setInterval(() => {}, 50);",
      "unit:client/drain",
    ],
    [
      "no grace for a request that is on its way",
      "clients.closeIdle(now - since > 2 * grace ? now : now - grace);",
      "clients.closeIdle(now);",
      "drain",
    ],
    [
      "the gateway leaves before its tunnels are logged",
      "for (let i = 0; i < turns && clients.size > 0; i++) await nextTurn();",
      "",
      "tunnel-end",
    ],
  ]),
  together(
    "a drain ends only with its last connection",
    "drain-end",
    [
      "client/drain.ts",
      "await Promise.race([closed, sleep(settling, undefined, { ref: false })]);",
      "await closed;",
    ],
    ["client/drain.ts", "    clients.destroy();\n", ""],
  ),
  ...of("client/capacity.ts", [
    [
      "the limit of connections is ignored",
      "const connections = Math.min(Math.ceil(maxConnections / workers), byFiles);",
      "const connections = byFiles;",
      "unit:client/capacity",
    ],
    [
      "each worker takes all connections",
      "Math.ceil(maxConnections / workers)",
      "maxConnections",
      "unit:client/capacity",
    ],
    ["a connection needs one file", "(files - ownFiles) / 2", "files - ownFiles", "unit:client/capacity"],
    [
      "nobody is told that there are too many",
      "Math.min(256, Math.max(4, connections >> 3))",
      "0",
      "unit:client/capacity",
    ],
    [
      "the limit of open files is not looked at",
      "return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft);",
      "return Number.POSITIVE_INFINITY * (soft ? 1 : 1);",
      "unit:client/capacity",
    ],
  ]),
];
