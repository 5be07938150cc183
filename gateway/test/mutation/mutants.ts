/** One deliberate break of the gateway. */
export interface Mutant {
  /** What is broken, in words. */
  readonly name: string;
  /** Source file below gateway/src. */
  readonly file: string;
  /** Must occur exactly once in the file. */
  readonly from: string;
  readonly to: string;
  /** Files of the suite that may notice, without `.test.ts`. */
  readonly suites: readonly string[];
}

/** What never holds, in a form that a type checker and a bundler leave alone. */
const never = "Date.now() < 0";
type Row = readonly [name: string, from: string, to: string, ...suites: string[]];
const of = (file: string, rows: readonly Row[]): Mutant[] =>
  rows.map(([name, from, to, ...suites]) => ({ name, file, from, to, suites }));

export const mutants: readonly Mutant[] = [
  ...of("routing/router.ts", [
    [
      "a target may begin with //",
      'if (path[0] !== "/" || path.startsWith("//"))',
      'if (path[0] !== "/")',
      "path",
    ],
    ["escaped dots are no dots", "(?:\\.|%2e){1,2}", "\\.{1,2}", "path"],
    [
      "an escaped slash ends no segment",
      "(?:$|\\/|\\\\|;|%2f|%5c|%3b)/i",
      "(?:$|\\/|\\\\|;|%5c|%3b)/i",
      "path",
    ],
    ["a path parameter hides dots", "(?:$|\\/|\\\\|;|%2f|%5c|%3b)/i", "(?:$|\\/|\\\\|%2f|%5c)/i", "path"],
    ["NUL in a path", "|%00|%5c/i", "|%5c/i", "path"],
    ["backslashes in a path", "\\x7f\\\\]|%00|%5c/i", "\\x7f]|%00/i", "path"],
    ["a query of control bytes", " || controls.test(query))", ")", "path"],
    ["the query is lost", "target: upstream + query }", "target: upstream }", "routing"],
    [
      "/apix is taken for /api",
      'if (below(rest, "/api")) return rest;',
      'if (rest.startsWith("/api")) return rest;',
      "routing",
    ],
    [
      "a skip path matches inside a segment",
      "return below(rest, bare);",
      "return rest.startsWith(bare);",
      "routing",
    ],
    [
      "suffixes of a skip path are not asked",
      "return below(rest, bare.path) && ",
      "return below(rest, bare.path) || ",
      "routing",
    ],
    [
      "denied paths are served",
      "if (deny !== undefined) {",
      `if (deny !== undefined && ${never}) {`,
      "routing",
    ],
    [
      "denied paths are compared undecoded",
      "decoded = decodeURIComponent(path);",
      "decoded = path;",
      "routing",
    ],
    ["path parameters evade a denied path", '.replace(/[;].*?(?=\\/|$)/g, "")', "", "routing"],
    ["an empty segment after the prefix", 'if (upstream.startsWith("//"))', `if (${never})`, "path"],
    [
      "prefixes ignore case",
      "byPrefix.get(path.slice(0, end)) ?? found",
      "byPrefix.get(path.slice(0, end).toLowerCase()) ?? found",
      "routing",
    ],
    [
      "the shortest prefix wins",
      "byPrefix.get(path.slice(0, end)) ?? found",
      "found ?? byPrefix.get(path.slice(0, end))",
      "routing",
    ],
    [
      "a prefix matches inside a segment",
      "found = byPrefix.get(path.slice(0, end)) ?? found;",
      "found = byPrefix.get(path.slice(0, end)) ?? byPrefix.get(path.slice(0, 5)) ?? found;",
      "routing",
    ],
    ["no version is put in front", "return `/api/v${route.api_version}${rest}`;", "return rest;", "routing"],
    [
      "redirects are not repaired",
      "return below(bare, route.prefix) ? location :",
      "return location ? location :",
      "routing",
    ],
    [
      "redirects elsewhere are repaired",
      "absolute[1]?.toLowerCase() !== host.toLowerCase()",
      never,
      "routing",
    ],
  ]),
  ...of("proxy/server.ts", [
    [
      "any Host will do",
      'if (host !== undefined) return { status: 400, reason: "bad_request", detail: host };',
      "",
      "fields",
    ],
    ["chunked in HTTP/1.0", "if (http10 || head.length >= 0 ||", "if (head.length >= 0 ||", "framing"],
    ["other transfer codings pass", 'if (codings !== "chunked")', `if (${never})`, "framing"],
    ["unknown Expect passes", "if (head.expect !== undefined && ", `if (${never} && `, "framing"],
    ["TRACE passes", 'request.method === "TRACE" || ', "", "path"],
    ["header fields without number", "2 * this.#settings.maxHeaders)", "200_000)", "limits"],
    ["Node's lenient parser", "insecureHTTPParser: false", "insecureHTTPParser: true", "framing", "syntax"],
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
      "OPTIONS * is routed",
      'if (exchange.method === "OPTIONS" && target === "*") return exchange.reply(204, "");',
      "",
      "path",
    ],
    [
      "WebSocket on any route",
      '"route" in decision && decision.route.websocket === true',
      '"route" in decision',
      "websocket",
    ],
    [
      "an upload with a bad chunk is answered, not broken off",
      "if (current !== undefined && !current.request.complete) {",
      `if (current !== undefined && ${never}) {`,
      "framing",
    ],
    ["a drain cuts what runs", "}, this.#settings.drain);", "}, 0);", "drain"],
    [
      "a drain waits for idle connections",
      "if (!client.idle) continue;",
      `if (!client.idle || Date.now() > 0) continue;`,
      "drain",
    ],
    [
      "tunnels outlive the drain",
      "      for (const tunnel of this.#tunnels) tunnel.destroy();\n      for (const client",
      "      for (const client",
      "drain",
    ],
  ]),
  ...of("proxy/request-facts.ts", [
    ["the absolute form's authority is forgotten", "host: absolute[1] as string", "host", "path"],
    ["two request ids count", "head.requestIds === 1 && ", "", "fields"],
    ["any request id counts", "isRequestId(given)", 'given !== "?"', "fields"],
  ]),
  ...of("message/fields.ts", [
    ["Proxy-Connection passes", '"proxy-connection": RequestField.hop,', "", "fields"],
    ["TE passes", "  te: RequestField.hop,", "", "fields"],
    ["fields named in Connection pass", "named.add(name);", "", "fields"],
    ["X-Real-IP is believed", '"x-real-ip": RequestField.spoofable,', "", "fields"],
    ["a client's X-Forwarded-For is kept", '"x-forwarded-for": RequestField.forwardedFor,', "", "fields"],
    ["Upgrade passes on plain requests", "  upgrade: RequestField.upgrade,", "", "fields", "websocket"],
    ["no X-Frame-Options", "X-Frame-Options: DENY\\r\\n", "", "fields"],
    ["the upstream's security fields too", '"x-frame-options": ResponseField.own,', "", "fields"],
    ["the upstream's hop-by-hop fields pass", '"proxy-connection": ResponseField.hop,', "", "fields"],
  ]),
  ...of("message/request-head.ts", [
    [
      "user information in Host",
      "[A-Za-z0-9._~!$&'()*+,;=%-]+)(?::",
      "[A-Za-z0-9._~!$&'()*+,;=%@-]+)(?::",
      "fields",
    ],
    ["two Hosts", 'if (head.hosts > 1) return "there is more than one Host field";', "", "fields"],
    ["a handshake by POST", '    method === "GET" &&\n', "", "websocket"],
    ["a handshake with a chunked body", "    head.transferEncoding === undefined &&\n", "", "websocket"],
    ["a handshake without a key", "    head.webSocketKey !== undefined &&\n", "", "websocket"],
    [
      "any Upgrade is a WebSocket",
      '    head.upgrade?.toLowerCase() === "websocket" &&\n',
      "    head.upgrade !== undefined &&\n",
      "websocket",
    ],
  ]),
  ...of("message/response-head.ts", [
    ["control characters in an answer", "if (badCharacter.test(text)) return undefined;", "", "upstream"],
    ["two lengths in an answer", "(head.length >= 0 && head.length !== Number(value))", never, "upstream"],
    ["any length in an answer", "if (!digits.test(value) || ", "if (", "upstream"],
    [
      "length beside chunked in an answer",
      "|| head.length >= 0 || head.http10) return undefined;",
      ") return undefined;",
      "upstream",
    ],
    ["any coding in an answer", 'transferEncoding.toLowerCase() !== "chunked" || ', "", "upstream"],
    ["two dates", "keep = !head.hasDate;\n          head.hasDate = true;", "keep = !head.hasDate;", "fields"],
    [
      "bodies of HEAD and 304 are awaited",
      'if (method === "HEAD" || head.status === 204 || head.status === 304) return Framing.none;',
      "",
      "framing",
    ],
    [
      "Connection: close of an upstream is overlooked",
      '!connectionHas(connection, "close") && ',
      "",
      "upstream",
    ],
  ]),
  ...of("message/chunked.ts", [
    [
      "anything ends a chunk",
      "this.#state = State.size;\n        return byte === 0x0a;",
      "this.#state = State.size;\n        return true;",
      "upstream",
      "fuzz",
    ],
    ["a chunk size of other digits", "? lower - 0x57 : -1", "? lower - 0x57 : 0", "upstream", "fuzz"],
  ]),
  ...of("upstream/connection.ts", [
    [
      "unasked answers are left lying",
      "(response queue poisoning).\n      this.socket.destroy();\n      return false;",
      "\n      return true;",
      "upstream",
    ],
    ["bytes after an answer are overlooked", " && !leftOver;", ";", "upstream"],
    [
      "a cut answer counts as whole",
      '} else this.#fail("ERR_CLOSED");\n  }\n\n  #fail',
      "} else this.#finish(false);\n  }\n\n  #fail",
      "upstream",
    ],
    ["interim answers are lost", "if (head.status !== 100) user.onInterim(head);", "", "upstream"],
    [
      "an endless head is gathered",
      "if (!plausible || bareLf || to - from > mostHeadBytes)",
      "if (!plausible || bareLf)",
      "upstream",
    ],
    [
      "an answer without a body does not end",
      "if (this.#framing === Framing.none) this.#finish(next < length);",
      "",
      "framing",
    ],
    [
      "no connection is kept",
      "this.#keepAlive = head.keepAlive && ",
      `this.#keepAlive = ${never} && `,
      "upstream",
    ],
  ]),
  ...of("proxy/forward.ts", [
    ["every method is repeated", "repeatable.has(this.method)", "true", "upstream"],
    ["a request with a body is repeated", "      !this.#hasBody &&\n", "", "upstream"],
    [
      "fresh connections are retried",
      "connection?.reused === true &&",
      "connection !== undefined &&",
      "upstream",
    ],
    [
      "nothing is retried",
      "connection?.reused === true &&",
      `connection?.reused === true && ${never} &&`,
      "upstream",
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
      "if (blocked) return kept | pauseReading;",
      "",
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
      "if (this.#exchange.request.httpVersionMinor === 0 || this.#headWritten) return;",
      "",
      "upstream",
    ],
    [
      "chunked to HTTP/1.0",
      "} else if (exchange.request.httpVersionMinor === 0) {",
      `} else if (${never}) {`,
      "framing",
    ],
    [
      "the upstream is not told that the client left",
      "this.#done();\n    connection?.destroy();\n  }\n\n  onUpgrade",
      "this.#done();\n  }\n\n  onUpgrade",
      "client",
    ],
    ["no 100 Continue", "exchange.response.writeContinue();", "void 0;", "framing"],
    [
      "an aborted upload looks whole",
      "    this.#chunkedIn = exchange.head.transferEncoding !== undefined;",
      "    this.#chunkedIn = false;",
      "client",
    ],
    [
      "the last chunk of an answer is lost",
      'if (this.#chunkedOut) this.#out += "0\\r\\n\\r\\n";\n  }\n\n  afterRead',
      "}\n\n  afterRead",
      "upstream",
    ],
    [
      "no time limit for a stalled body",
      ": [Phase.body, now + this.#context.bodyTimeout];",
      ": [Phase.body, Number.POSITIVE_INFINITY];",
      "limits",
    ],
  ]),
  ...of("proxy/deadlines.ts", [
    [
      "nothing ever times out",
      "if (timed.deadline <= now) timed.onDeadline(now);",
      "",
      "upstream",
      "limits",
      "websocket",
    ],
  ]),
  ...of("proxy/client-connection.ts", [
    [
      "pipelined requests are handled at once",
      "if (this.current === undefined) return this.#handler.begin(this, request, response);",
      "if (Date.now() > 0) return this.#handler.begin(this, request, response);",
      "framing",
    ],
    [
      "what follows a refused message is read",
      "if (this.closing) return request.discardBody();",
      "",
      "framing",
      "client",
    ],
  ]),
  ...of("proxy/upstream-request.ts", [
    [
      "no X-Forwarded-For",
      "`${client.forwardedLines}X-Forwarded-Host: ${host}\\r\\n`",
      "`X-Forwarded-Host: ${host}\\r\\n`",
      "fields",
    ],
    ["no request id for the upstream", "X-Request-ID: ${id}\\r\\n", "", "fields"],
    [
      "a trusted proxy's chain is dropped",
      "head.forwardedFor === undefined ? client.address",
      "head.forwardedFor !== undefined ? client.address",
      "fields",
    ],
    [
      "the Host of the request line is not used",
      "\\r\\nHost: ${host}\\r\\n",
      "\\r\\nHost: ${head.host}\\r\\n",
      "path",
    ],
  ]),
  ...of("proxy/tunnel.ts", [
    ["the accept is not checked", "head.webSocketAccept !== accept || ", "", "websocket"],
    [
      "an upgrade to anything opens a tunnel",
      ' || head.upgrade?.toLowerCase() !== "websocket")',
      ")",
      "websocket",
    ],
    [
      "early frames are lost",
      "if (this.#early.length > 0) this.#onClientData(this.#early);",
      "",
      "websocket",
    ],
    ["the first frame of the upstream is lost", "if (rest.length > 0) socket.write(rest);", "", "websocket"],
    [
      "a refused handshake has no body",
      "    this.#out += this.#chunked ?",
      "    if (Date.now() < 0) this.#out += this.#chunked ?",
      "websocket",
    ],
    [
      "an upstream's end is not passed on",
      "  onFinish(): void {\n    this.handshake.socket.end();",
      "  onFinish(): void {",
      "websocket",
    ],
    [
      "traffic does not keep a tunnel",
      "  #touch(): void {\n    this.deadline =",
      "  #touch(): void {\n    if (this.deadline < this.start + 2000) this.deadline =",
      "websocket",
    ],
    [
      "a client that does not read a tunnel is not waited for",
      "return this.handshake.socket.write(Buffer.from(buffer.subarray(start, end)));",
      "this.handshake.socket.write(Buffer.from(buffer.subarray(start, end)));\n    return true;",
      "websocket",
    ],
    [
      "a client's end cuts the tunnel",
      "(this.#open ? this.#connection?.socket.end() : socket.destroy())",
      "socket.destroy()",
      "websocket",
    ],
  ]),
  ...of("message/problem.ts", [
    [
      "a refused connection is 500",
      "ECONNREFUSED: { status: 503,",
      "ECONNREFUSED: { status: 500,",
      "upstream",
      "websocket",
    ],
  ]),
];
