import { type Mutant, never, of, together } from "./mutant.ts";

/** Mutants of what is refused, how, and what becomes of the connection. */
export const refusals: readonly Mutant[] = [
  ...of("proxy/server.ts", [
    [
      "what is no HTTP gets no answer",
      "if (client === undefined || !socket.writable || error",
      "if (Date.now() > 0 || client === undefined || error",
      "framing syntax path",
    ],
    [
      "the connection stays open after what is no HTTP",
      "client.refuse(bareRefusal(problem), performance.now());",
      "client.socket.write(bareRefusal(problem));",
      "framing syntax limits",
    ],
    [
      "the connection goes on after a message that is refused",
      "exchange.closesAnyway = true;\n      return exchange.refuse(problem);",
      "return exchange.refuse(problem);",
      "framing pipelining syntax limits",
    ],
  ]),
  ...of("proxy/http-server.ts", [
    [
      "the connection stays open after CONNECT",
      "socket.end(bareRefusal({ status: 405",
      "socket.write(bareRefusal({ status: 405",
      "path",
    ],
    [
      "a head of 16 KiB is too large",
      "settings.maxHeaderBytes,",
      "Math.min(8_192, settings.maxHeaderBytes),",
      "limits",
    ],
  ]),
  ...of("proxy/request-problem.ts", [
    [
      "any version of HTTP is served",
      'if (request.httpVersion !== "1.1" && request.httpVersion !== "1.0")',
      `if (${never})`,
      "syntax",
    ],
    [
      "Chunked in capitals is another coding",
      "head.transferEncoding.toLowerCase()",
      "head.transferEncoding",
      "framing",
    ],
  ]),
  ...of("message/request-head.ts", [
    [
      "a request may do without Host",
      'return http10 ? undefined : "the Host field is missing"',
      "return undefined",
      "identity path websocket",
    ],
  ]),
  together(
    "an empty Host is passed on",
    "identity",
    ["message/authority.ts", "return host.length <= 254 &&", 'return host === "" || host.length <= 254 &&'],
    ["proxy/server.ts", 'host === "" ? ', 'host === "?" ? '],
  ),
  together(
    "HTTP/0.9 is served",
    "syntax",
    [
      "proxy/request-problem.ts",
      'if (request.httpVersion !== "1.1" && request.httpVersion !== "1.0")',
      `if (${never})`,
    ],
    [
      "message/request-head.ts",
      'return http10 ? undefined : "the Host field is missing"',
      "return undefined",
    ],
  ),
  ...of("routing/router.ts", [
    [
      "paths are not looked at",
      "if ((suspicious.test(path) && (forbidden.test(path) || dotSegment.test(path))) || controls",
      "if (controls",
      "path websocket",
    ],
    ["plain dots pass", "\\\\%#]|\\/\\./;", "\\\\%#]/;", "path websocket"],
    ["an escaped slash begins no segment", "(?:^|\\/|\\\\|%2f|%5c)", "(?:^|\\/|\\\\|%5c)", "path"],
    ["two dots are looked for anywhere", "dotSegment.test(path)", 'path.includes("..")', "path"],
    ["a fragment passes", "\\x7f\\\\#]|%00", "\\x7f\\\\]|%00", "path"],
    [
      "a target need not be a path",
      'if (path[0] !== "/" || path.startsWith("//"))\n      return { refuse',
      'if (path.startsWith("//"))\n      return { refuse',
      "path",
    ],
    [
      "the first service takes unknown paths",
      'byPrefix.get("/");',
      'byPrefix.get("/") ?? [...byPrefix.values()][0];',
      "routing",
    ],
    ["no path is bare", "if (bare?.some((each) => isBare(rest, each))) return rest;", "", "routing"],
    ["an API path gets a version too", 'if (below(rest, "/api")) return rest;', "", "routing"],
  ]),
  ...of("routing/deny.ts", [
    ["a denied path, escaped", "if (/[%;\\x80-\\xff]/.test(text))", "if (/;/.test(text))", "routing"],
    [
      "a path below a denied one",
      "if (count + 1 === path.length)",
      "if (count + 1 > path.length)",
      "routing",
    ],
    [
      "a denied path with a parameter",
      'const semicolon = part.indexOf(";");',
      "const semicolon = -1;",
      "routing",
    ],
    ["a denied path with slashes doubled", 'if (text === "") return;', "", "routing"],
  ]),
  ...of("proxy/request-facts.ts", [
    ["user information in the absolute form", "[^/?#@\\s]+", "[^/?#\\s]+", "path"],
    ["no authority in the absolute form", "@\\s]+)", "@\\s]*)", "path"],
    ["any scheme in the absolute form", "/^http:", "/^\\w+:", "path"],
  ]),
  ...of("proxy/forward.ts", [
    [
      "an announced body of exactly the limit is too large",
      "head.length > this.#state.maxBodyBytes",
      "head.length >= this.#state.maxBodyBytes",
      "limits",
    ],
    [
      "a chunked body of exactly the limit is too large",
      "exchange.bytesIn > this.#state.maxBodyBytes",
      "exchange.bytesIn >= this.#state.maxBodyBytes",
      "limits",
    ],
  ]),
  ...of("message/problem.ts", [
    [
      "a bad answer is a fault of the gateway",
      '{ status: 502, reason: "bad_answer"',
      '{ status: 500, reason: "bad_answer"',
      "answers",
    ],
    [
      "an unknown name is a fault of the gateway",
      "ENOTFOUND: { status: 503",
      "ENOTFOUND: { status: 500",
      "upstream",
    ],
  ]),
];
