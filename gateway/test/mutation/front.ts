import { type Mutant, never, of } from "./mutant.ts";

/** Mutants of routing and of the server that clients meet. */
export const front: readonly Mutant[] = [
  ...of("routing/router.ts", [
    [
      "a target may begin with //",
      'path.startsWith("//"))\n      return { refuse: 400, detail: "the path must begin',
      'Date.now() < 0)\n      return { refuse: 400, detail: "the path must begin',
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
    ["backslashes in a path", "\\x7f\\\\#]|%00|%5c/i", "\\x7f#]|%00/i", "path"],
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
      "below(rest, bare.path) &&\n",
      "below(rest, bare.path) ||\n",
      "routing",
    ],
    [
      "denied paths are served",
      "if (entry.denies?.(upstream))",
      `if (entry.denies?.(upstream) && ${never})`,
      "routing",
    ],
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
    ["no version is put in front", "return version + rest;", "return rest;", "routing"],
    [
      "redirects are not repaired",
      "return below(end < 0 ? path : path.slice(0, end), route.prefix)\n",
      "return location\n",
      "routing",
    ],
    [
      "redirects elsewhere are repaired",
      "absolute[1]?.toLowerCase() !== host.toLowerCase()",
      never,
      "routing",
    ],
  ]),
  ...of("proxy/request-problem.ts", [
    [
      "any Host will do",
      'if (host !== undefined) return { status: 400, reason: "bad_request", detail: host };',
      "",
      "fields identity",
    ],
    [
      "chunked in HTTP/1.0",
      "if (http10 || head.length >= 0 ||",
      "if (head.length >= 0 ||",
      "framing chunks pipelining",
    ],
    [
      "other transfer codings pass",
      'if (codings !== "chunked")',
      `if (${never})`,
      "framing chunks pipelining",
    ],
    [
      "unknown Expect passes",
      "if (head.expect !== undefined && ",
      `if (${never} && `,
      "framing chunks pipelining",
    ],
    ["TRACE passes", 'request.method === "TRACE" || ', "", "path"],
    ["header fields without number", "2 * maxHeaders)", "200_000)", "limits"],
  ]),
  ...of("proxy/http-server.ts", [
    [
      "Node's lenient parser",
      "insecureHTTPParser: false",
      "insecureHTTPParser: true",
      "framing chunks pipelining syntax",
    ],
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
  ]),
  ...of("proxy/upgrades.ts", [
    [
      "WebSocket on any route",
      '"route" in decision && decision.route.websocket === true',
      '"route" in decision',
      "websocket upgrade tunnel",
    ],
  ]),
  ...of("proxy/drain.ts", [
    ["a drain cuts what runs", "}, left);", "}, 0);", "drain"],
    ["a drain waits for idle connections", "if (client.idle && ", `if (${never} && `, "drain"],
    ["tunnels outlive the drain", "    tunnels.destroy();\n", "", "drain"],
    ["the listener closes at once", "  await sleep(Math.min(drainDelay, limit));\n", "", "drain"],
    ["the backlog is reset", "  await emptyBacklog(server, end);\n", "", "drain"],
    [
      "a connection that has just come is closed",
      "now - client.idleSince >= grace || ",
      "client.socket.bytesWritten === 0 || now - client.idleSince >= grace || ",
      "drain",
    ],
  ]),
  ...of("proxy/own-paths.ts", [
    ["ready while it drains", "const ready = !draining() && ", "const ready = ", "drain"],
  ]),
  ...of("proxy/upgrades.ts", [
    [
      "handshakes evade the rate limit",
      "if (wait > 0) return refuse(",
      `if (${never}) return refuse(`,
      "tunnel-end",
    ],
  ]),
  ...of("proxy/server.ts", [
    [
      "the connection goes on after an upgrade that is not taken",
      "if (head.upgrade !== undefined) exchange.closesAnyway = true;",
      "",
      "websocket upgrade",
    ],
    [
      "OPTIONS * is routed",
      'if (exchange.method === "OPTIONS" && target === "*") return exchange.reply(204, "");',
      "",
      "path",
    ],
    [
      "an upload with a bad chunk is answered, not broken off",
      "if (current !== undefined && !current.request.complete) {",
      `if (current !== undefined && ${never}) {`,
      "framing chunks pipelining",
    ],
  ]),
  ...of("proxy/incoming.ts", [
    ["the body of a request that waits its turn is lost", "this.#early.push(chunk);", "", "pipelining"],
  ]),
  ...of("proxy/request-facts.ts", [
    ["the absolute form's authority is forgotten", "host: absolute[1] as string", "host", "path"],
    ["two request ids count", "head.requestIds === 1 && ", "", "fields identity"],
    ["any request id counts", "isRequestId(given)", 'given !== "?"', "fields identity"],
  ]),
];
