import { type Mutant, never, of } from "./mutant.ts";

/** Mutants of the way of a request and its answer. */
export const passage: readonly Mutant[] = [
  ...of("proxy/forward.ts", [
    ["every method is repeated", "repeatable.has(this.method)", "true", "upstream answers cut pool"],
    ["a request with a body is repeated", "      !this.#hasBody &&\n", "", "upstream answers cut pool"],
    [
      "fresh connections are retried",
      "connection?.reused === true &&",
      "connection !== undefined &&",
      "upstream answers cut pool",
    ],
    [
      "nothing is retried",
      "connection?.reused === true &&",
      `connection?.reused === true && ${never} &&`,
      "upstream answers cut pool",
    ],
    [
      "chunked bodies have no limit",
      "if (exchange.bytesIn > this.#state.maxBodyBytes) {",
      `if (${never}) {`,
      "limits",
    ],
    [
      "announced bodies have no limit",
      "if (this.#exchange.head.length > this.#state.maxBodyBytes)",
      `if (${never})`,
      "limits",
    ],
    [
      "a client that does not read is not waited for",
      "return blocked ? kept | pauseReading : kept;",
      "return kept;",
      "client",
    ],
    [
      "an upstream that does not read is not waited for",
      "    return false;\n  }\n\n  onRequestEnd(): void {",
      "    return true;\n  }\n\n  onRequestEnd(): void {",
      "client",
    ],
    [
      "interim answers to HTTP/1.0",
      "if (this.#exchange.request.httpVersionMinor === 0) return;",
      "",
      "upstream answers cut pool",
    ],
    [
      "the upstream is not told that the client left",
      "this.#done();\n    connection?.destroy();\n  }\n\n  onUpgrade",
      "this.#done();\n  }\n\n  onUpgrade",
      "client",
    ],
    ["no 100 Continue", "exchange.response.writeContinue();", "void 0;", "framing chunks pipelining"],
    [
      "an aborted upload looks whole",
      "    this.#chunkedIn = exchange.head.transferEncoding !== undefined;",
      "    this.#chunkedIn = false;",
      "client",
    ],
    [
      "no time limit for a stalled body",
      ": [Phase.body, now + this.#context.bodyTimeout];",
      ": [Phase.body, Number.POSITIVE_INFINITY];",
      "limits",
    ],
  ]),
  ...of("proxy/answer.ts", [
    [
      "chunked to HTTP/1.0",
      "this.#chunked = undelimited && !http10;",
      "this.#chunked = undelimited;",
      "framing chunks pipelining",
    ],
    [
      "the last chunk of an answer is lost",
      "  end(): void {\n    if (this.#chunked)",
      `  end(): void {\n    if (${never})`,
      "upstream answers cut pool",
    ],
  ]),
  ...of("proxy/deadlines.ts", [
    [
      "nothing ever times out",
      "if (timed.deadline <= now) timed.onDeadline(now);",
      "",
      "upstream answers cut pool limits websocket upgrade tunnel",
    ],
  ]),
  ...of("proxy/client-connection.ts", [
    [
      "pipelined requests are handled at once",
      "if (this.current === undefined) return this.handler.begin(this, request, response);",
      "if (Date.now() > 0) return this.handler.begin(this, request, response);",
      "framing chunks pipelining",
    ],
    [
      "what follows a refused message is read",
      "if (this.closing) return request.discardBody();",
      "",
      "framing chunks pipelining client",
    ],
  ]),
  ...of("proxy/upstream-request.ts", [
    ["no X-Forwarded-For", "client.forwardedLines", '""', "fields identity"],
    ["no request id for the upstream", "X-Request-ID: ", "X-None: ", "fields identity"],
    [
      "a trusted proxy's chain is dropped",
      "head.forwardedFor === undefined ? client.address",
      "head.forwardedFor !== undefined ? client.address",
      "fields identity",
    ],
    [
      "the Host of the request line is not used",
      "const { connection: client, head, host, id, method } = exchange;",
      "const { connection: client, head, id, method } = exchange;\n  const { host } = head;",
      "path",
    ],
  ]),
  ...of("message/problem.ts", [
    [
      "a refused connection is 500",
      "ECONNREFUSED: { status: 503,",
      "ECONNREFUSED: { status: 500,",
      "upstream answers cut pool websocket upgrade tunnel",
    ],
  ]),
];
