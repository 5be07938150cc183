import { type Mutant, never, of } from "./mutant.ts";

/** Mutants of what is sent to an upstream. */
export const proxySending: readonly Mutant[] = [
  ...of("proxy/sending.ts", [
    ["chunked bodies have no limit", "if (exchange.bytesIn > this.#most) {", `if (${never}) {`, "limits"],
    [
      "a chunked body of exactly the limit is too large",
      "exchange.bytesIn > this.#most",
      "exchange.bytesIn >= this.#most",
      "limits",
    ],
    [
      "an upstream that does not read is not waited for",
      "    this.#owner.onBodyProgress(this.blocked);\n    return more;",
      "    this.#owner.onBodyProgress(this.blocked);\n    return true;",
      "client",
    ],
    [
      "an upstream that reads again is not sent the rest",
      "    this.#exchange.connection.resume();\n",
      "",
      "client slow-reader",
    ],
    [
      "no 100 Continue",
      'exchange.connection.socket.write("HTTP/1.1 100 Continue\\r\\n\\r\\n", "latin1");',
      "{}",
      "pipelining",
    ],
    [
      "100 Continue to HTTP/1.0",
      " && !request.complete && !exchange.http10)",
      " && !request.complete)",
      "interim",
    ],
    [
      "an aborted upload looks whole",
      "this.#chunked = exchange.head.transferEncoding !== undefined;",
      "this.#chunked = false;",
      "chunks",
    ],
    ["the size of a chunk in decimal", "chunk.length.toString(16)", "chunk.length.toString()", "client fuzz"],
    [
      "a chunked body goes on without its framing",
      "if (this.#chunked) socket.write(`$",
      `if (${never}) socket.write(\`$`,
      "framing",
    ],
    [
      "trailers go on",
      '${head}0\\r\\n\\r\\n`, "latin1");',
      '${head}0\\r\\n`, "latin1");\n      const lines = this.#exchange.request?.rawTrailers.map((text, i) => (i % 2 ? ": " + text + "\\r\\n" : text)) ?? [];\n      this.#connection.socket.write(lines.join("") + "\\r\\n", "latin1");',
      "chunks",
    ],
    [
      "a GET has no body",
      "if (request === undefined || !exchange.head.hasBody) {",
      'if (request === undefined || exchange.method === "GET" || !exchange.head.hasBody) {',
      "pipelining",
    ],
    [
      "a request's head is written as UTF-8",
      '    this.#connection.socket.write(head, "latin1");',
      '    this.#connection.socket.write(head, "utf8");',
      "fields",
    ],
    [
      "a body is written as UTF-8",
      'socket.write(head + chunk.toString("latin1"), "latin1");',
      'socket.write(head + chunk.toString("latin1"), "utf8");',
      "pool client",
    ],
    [
      "a head waits for its body",
      "if (!this.#inDoubt) process.nextTick(flushHead, this);",
      "",
      "client pipelining",
    ],
    [
      "a body that Node takes for none goes on as empty",
      "if (this.#inDoubt && this.#exchange.bytesIn === 0) {",
      `if (${never}) {`,
      "own-answers upgrade",
    ],
    ["that a body has ended is not told", "    this.#owner.onRequestSent();\n", "", "upstream-reuse"],
  ]),
  ...of("proxy/upstream-request.ts", [
    ["no X-Forwarded-For", "    : `X-Forwarded-For: ${client.address}\\r\\n", "    : `", "identity"],
    ["no request id for the upstream", "X-Request-ID: ", "X-None: ", "identity"],
    [
      "a trusted proxy's chain is dropped",
      "head.forwardedFor === undefined ? client.address : ",
      "Date.now() > 0 ? client.address : ",
      "identity",
    ],
    [
      "the peer is not in a trusted proxy's chain",
      "`${head.forwardedFor}, ${client.address}`",
      "head.forwardedFor",
      "client-address",
    ],
    [
      "a client's chain is believed",
      "const forwarded = client.trusted\n",
      "const forwarded = client.trusted || head.forwardedFor !== undefined\n",
      "identity",
    ],
    [
      "the Host of the request line is not used",
      "const { connection: client, head, host, id, method } = exchange;",
      "const { connection: client, head, id, method } = exchange;\n  const { host } = head;",
      "path",
    ],
    ["the trace goes no further", "${trace}${forwarded}", "${forwarded}", "trace"],
    [
      "two traces are one",
      "const given = head.traceparents === 1 ? head.traceparent : undefined;",
      "const given = head.traceparent;",
      "trace",
    ],
    [
      "the state of another trace goes on",
      "const keeps = state !== undefined && given !== undefined && isTraceparent(given);",
      "const keeps = state !== undefined;",
      "trace",
    ],
    [
      "the state of another trace goes on with a span",
      "const keeps = state !== undefined && trace.keepsState;",
      "const keeps = state !== undefined;",
      "process:spans",
    ],
  ]),
];
