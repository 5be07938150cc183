import { type Mutant, never, of, together } from "./mutant.ts";

/** Mutants of what rests on Node's own parts. */
export const node: readonly Mutant[] = [
  ...of("node/http-server.ts", [
    ["Node's lenient parser", "insecureHTTPParser: false", "insecureHTTPParser: true", "framing syntax"],
    [
      "a header may take for ever",
      "headersTimeout: settings.headersTimeout,",
      "headersTimeout: 0,",
      "limits",
    ],
    [
      "a header may be of any size",
      "maxHeaderSize: settings.maxHeaderBytes,",
      "maxHeaderSize: 1 << 28,",
      "limits",
    ],
    [
      "a head of 16 KiB is too large",
      "settings.maxHeaderBytes,",
      "Math.min(8_192, settings.maxHeaderBytes),",
      "limits",
    ],
    [
      "a client's idle connection is closed early",
      "keepAliveTimeout: 0,",
      "keepAliveTimeout: 300,",
      "limits",
    ],
    ["a long upload is cut", "requestTimeout: 0,", "requestTimeout: 500,", "limits"],
    [
      "fields beyond Node's limit are dropped",
      "server.maxHeadersCount = 0;",
      "server.maxHeadersCount = 60;",
      "limits",
    ],
    [
      "every Upgrade is taken",
      "shouldUpgradeCallback: (request) => events.takesUpgrade(request as GatewayRequest),",
      "shouldUpgradeCallback: () => true,",
      "upgrade",
    ],
    ["Expect is Node's to answer", 'server.on("checkContinue", take);', "", "limits"],
    ["what else is expected is Node's to answer", 'server.on("checkExpectation", take);', "", "own-answers"],
    [
      "CONNECT is hung up on",
      'server.on("connect", (request) => events.onConnect(request as GatewayRequest));',
      "",
      "path",
    ],
    [
      "a request without Host is Node's to answer",
      "requireHostHeader: false,",
      "requireHostHeader: true,",
      "unit:node/http-server",
    ],
  ]),
  ...of("node/parser.ts", [
    [
      "the parser does not stop when a connection is full",
      "    ? paused\n    : verdict;",
      "    ? verdict\n    : verdict;",
      "unit:node/parser-stop",
    ],
    [
      "what the parser left is lost",
      "if (rest !== undefined && rest.length > 0) socket.unshift(rest);",
      "",
      "unit:node/parser-go-on",
    ],
    [
      "what the parser left is read twice",
      "const rest = rawPacket?.subarray(bytesParsed);",
      "const rest = rawPacket?.subarray(bytesParsed && 0);",
      "unit:node/parser-go-on",
    ],
    ["a held socket is read on", "  socket.pause();\n  // Whoever", "  // Whoever", "unit:node/parser-go-on"],
    [
      "a held socket is not read as a stream",
      'Node\'s listener goes on feeding it.\n  if (first) socket.on("data", ignore);',
      "",
      "unit:node/parser-go-on",
    ],
    [
      "Node's own resumes what something else has stopped",
      '  socket.removeAllListeners("drain");\n',
      "",
      "reading",
    ],
    [
      "Node resumes whatever is stopped at a message's end",
      "return this.gatewayClient.reading.stopped;",
      "return false;",
      "unit:node/parser-go-on",
    ],
    [
      "the parser stops beside an Upgrade, where Node overlooks it",
      " && request.head.upgrade === undefined",
      "",
      "reading",
    ],
    [
      "a connection that ends within a slice is not read over",
      '    if (!socket.listeners("data").includes(cut)) return;\n',
      "",
      "unit:client/reading",
    ],
    ["all of a read is parsed at once", "chunk.subarray(0, slice)", "chunk", "unit:node/parser-slices"],
    [
      "a socket that is cut in slices waits for a read that the parser had",
      '  if (first) socket.push("");\n}\n\n/** Leaves',
      "}\n\n/** Leaves",
      "unit:node/parser-slices",
    ],
    [
      "what is behind the first slice is lost",
      "if (chunk.length > slice) socket.unshift(chunk.subarray(slice));",
      "",
      "unit:node/parser-slices",
    ],
    [
      "slices do not wait for the next turn",
      "    socket.pause();\n    if (chunk.length > slice)",
      "    if (chunk.length > slice)",
      "unit:node/parser-slices",
    ],
    [
      "the stream waits for a read that the parser had",
      'has had.\n  if (first) socket.push("");',
      "",
      "unit:node/parser-go-on",
    ],
    ["the parser is not resumed", "  parser?.resume();\n", "", "unit:node/parser-go-on"],
    [
      "what comes after the last answer is parsed",
      '  socket.removeAllListeners("data");\n  socket.on("data", readOver);',
      '  socket.on("data", readOver);',
      "unit:node/parser-stop",
    ],
    [
      "nobody is told of bytes after the end",
      'socket.on("data", readOver);',
      'socket.on("data", ignore);',
      "unit:node/parser-stop",
    ],
    ["a parser that goes on is not fed", "  parser?.execute(nothing);\n", "", "unit:node/parser-go-on"],
  ]),
  ...of("node/request.ts", [
    [
      "the body of a request that waits its turn is lost",
      "this.#early.push(chunk);",
      "",
      "unit:node/request-body",
    ],
    ["a body that came early is not read on", "      reading.early = false;\n", "", "unit:node/request-body"],
    [
      "a body that is whole has no end",
      "if (this.complete) sink.onRequestEnd();",
      "",
      "unit:node/request-body",
    ],
    ["a body that nobody wants is gathered", "this.#discarding = true;", "", "unit:node/request-body"],
    [
      "the end of a body is not told",
      "if (chunk === null) this.#sink?.onRequestEnd();",
      "if (chunk === null) return true;",
      "unit:node/request-body",
    ],
    [
      "Node takes a body for unread",
      'Object.defineProperty(GatewayRequest.prototype, "readableEnded", {\n  get(this: GatewayRequest) {\n    return this.complete;',
      'Object.defineProperty(GatewayRequest.prototype, "readableEnded", {\n  get(this: GatewayRequest) {\n    return this.complete && false;',
      "unit:node/request",
    ],
    [
      "Node destroys a request whose client has left",
      "  override destroy(): this {\n    return this;",
      "  override destroy(): this {\n    return super.destroy();",
      "unit:node/request",
    ],
    ["a response that is over reads on", "  override _read(): void {}\n", "", "unit:node/request"],
  ]),
  // Node stops for the answer, and the connection by itself.
  together(
    "a body that waits is gathered without bound",
    "unit:node/request-body",
    ["node/request.ts", "      return false;\n    }\n    return true;", "    }\n    return true;"],
    ["node/request.ts", "reading.early = true;", "reading;"],
  ),
  ...of("node/response.ts", [
    ["Node never takes the next request", '  response.emit("finish");\n', "", "unit:node/response"],
    ["Node takes an answer for unfinished", "  response.finished = true;\n", "", "unit:node/response"],
  ]),
  ...of("node/listener.ts", [
    [
      "Node ends idle connections itself",
      "net.Server.prototype.close.call(server, () => resolve())",
      "server.close(() => resolve())",
      "unit:node/listener",
    ],
    ["one quiet turn is an empty backlog", "quiet < 2 &&", "quiet < 0 &&", "drain"],
  ]),
  ...of("node/upstream-socket.ts", [
    [
      "small pieces wait for each other (Nagle)",
      "noDelay: true,",
      "noDelay: false,",
      "unit:node/upstream-socket",
    ],
    [
      "Node searches for an address of its own",
      "autoSelectFamily: false,",
      "autoSelectFamily: true,",
      "unit:node/upstream-socket",
    ],
    [
      "a buffer is read into while it is somebody else's",
      "if (!first) return reader.nextBuffer() as Buffer;",
      "if (!first) return undefined as unknown as Buffer;",
      "slow-reader",
    ],
    [
      "a client that does not read holds no upstream back",
      "callback: (length: number, buffer: Uint8Array) => reader.onRead(length, buffer as Buffer),",
      "callback: (length: number, buffer: Uint8Array) => { reader.onRead(length, buffer as Buffer); return true; },",
      "client",
    ],
  ]),
  ...of("node/requirements.ts", [
    [
      "any Node will do",
      "if ((server as { shouldUpgradeCallback?: unknown }).shouldUpgradeCallback === asked) return undefined;",
      "if (Date.now() > 0 || server) return undefined;",
      "old-node",
    ],
    [
      "the message does not say which Node",
      "use Node.js 22.21, 24.9 or newer",
      "use another",
      "old-node process:start",
    ],
  ]),
  ...of("node/checked.ts", [
    ["a Node that is too old is put up with", "if (problem !== undefined) {", `if (${never}) {`, "old-node"],
    [
      "a Node that is too old ends as if all were well",
      "process.exit(1);",
      "process.exit(0);",
      "old-node process:start",
    ],
  ]),
  ...of("node/leave.ts", [
    [
      "the end waits for threads",
      "if (process.getActiveResourcesInfo().some((name) => pooled.test(name))) {",
      `if (${never}) {`,
      "unit:node/leave",
    ],
    [
      "an end that cannot wait loses its code",
      "`process.exit(${code})`",
      '"process.exit(0)"',
      "unit:node/leave",
    ],
    [
      "where no other program can take its place a process waits for threads",
      '    process.kill(process.pid, "SIGKILL");\n',
      "",
      "unit:node/leave",
    ],
  ]),
  ...of("node/unsent.ts", [
    [
      "what the kernel has taken of a write is not seen",
      "socket.writableLength + (handle?.writeQueueSize ?? 0)",
      "handle ? socket.writableLength : 0",
      "unit:node/unsent",
    ],
  ]),
  ...of("node/worker-life.ts", [
    [
      "Node ends a worker whose primary is gone",
      "    worker.exitedAfterDisconnect = true;\n",
      "",
      "unit:node/worker-life",
    ],
    ["a worker does not hear that its primary is gone", "    then();\n", "", "unit:node/worker-life"],
  ]),
  ...of("node/written.ts", [
    [
      "a buffer that Node still writes counts as free",
      "socket.writableLength === 0",
      "socket.writableLength >= 0",
      "unit:node/written",
    ],
    [
      "no buffer is ever free",
      "socket.writableLength === 0",
      "socket.writableLength < 0",
      "unit:node/written",
    ],
  ]),
];
