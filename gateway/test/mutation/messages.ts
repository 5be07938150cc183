import { type Mutant, never, of } from "./mutant.ts";

/** Mutants of the messages read and written, and of the connections to upstreams. */
export const messages: readonly Mutant[] = [
  ...of("message/fields.ts", [
    ["Proxy-Connection passes", '"proxy-connection": RequestField.hop,', "", "fields identity"],
    ["TE passes", "  te: RequestField.hop,", "", "fields identity"],
    ["fields named in Connection pass", "named.add(name);", "", "fields identity"],
    [
      "a name with _ for - is another name",
      'const dashed = name.replaceAll("_", "-");',
      "const dashed = name;",
      "fields identity",
    ],
    [
      "a client's X-Forwarded-For is kept",
      '"x-forwarded-for": RequestField.forwardedFor,',
      "",
      "fields identity",
    ],
    [
      "Upgrade passes on plain requests",
      "  upgrade: RequestField.upgrade,",
      "",
      "fields identity websocket upgrade tunnel",
    ],
    ["no X-Frame-Options", "X-Frame-Options: DENY\\r\\n", "", "fields identity"],
    ["the upstream's security fields too", '"x-frame-options": ResponseField.own,', "", "fields identity"],
    [
      "the upstream's hop-by-hop fields pass",
      '"proxy-connection": ResponseField.hop,',
      "",
      "fields identity",
    ],
  ]),
  ...of("message/authority.ts", [
    ["user information in Host", "[A-Za-z0-9_-]{1,63}\\.?$", "[A-Za-z0-9@_-]{1,63}\\.?$", "identity"],
    ["any port in Host", " || Number(port) > 65535", "", "identity"],
  ]),
  ...of("message/identity-fields.ts", [
    ["X-Real-IP is believed", '"x-real-ip",', "", "fields identity"],
    ["X-Original-URL is a proxy's to send", '"x-original-url",', "", "fields identity"],
  ]),
  ...of("message/request-head.ts", [
    [
      "two Hosts",
      "if (head.hosts === 1) return isAuthority",
      "if (head.hosts >= 1) return isAuthority",
      "identity",
    ],
    ["a handshake by POST", '    method === "GET" &&\n', "", "websocket upgrade tunnel"],
    [
      "a handshake with a chunked body",
      "    head.transferEncoding === undefined &&\n",
      "",
      "websocket upgrade tunnel",
    ],
    ["a handshake without a key", "    head.webSocketKey !== undefined &&\n", "", "websocket upgrade tunnel"],
    [
      "any Upgrade is a WebSocket",
      '    head.upgrade?.toLowerCase() === "websocket" &&\n',
      "    head.upgrade !== undefined &&\n",
      "websocket upgrade tunnel",
    ],
  ]),
  ...of("message/joined-write.ts", [
    [
      "a buffer that is still being sent is used again",
      "if (buffer === scratch && socket.writableLength > 0)",
      `if (buffer === scratch && ${never})`,
      "pool client",
    ],
  ]),
  ...of("message/response-head.ts", [
    [
      "control characters in an answer",
      "if (badCharacter.test(text)) return undefined;",
      "",
      "upstream answers cut pool",
    ],
    [
      "two lengths in an answer",
      "(head.length >= 0 && head.length !== Number(value))",
      never,
      "upstream answers cut pool",
    ],
    ["any length in an answer", "if (!digits.test(value) || ", "if (", "upstream answers cut pool"],
    [
      "length beside chunked in an answer",
      "|| head.length >= 0 || head.http10) return undefined;",
      ") return undefined;",
      "upstream answers cut pool",
    ],
    [
      "any coding in an answer",
      'transferEncoding.toLowerCase() !== "chunked" || ',
      "",
      "upstream answers cut pool",
    ],
    [
      "two dates",
      "keep = !head.hasDate;\n          head.hasDate = true;",
      "keep = !head.hasDate;",
      "fields identity",
    ],
    [
      "bodies of HEAD and 304 are awaited",
      'if (method === "HEAD" || head.status === 204 || head.status === 304) return Framing.none;',
      "",
      "framing chunks pipelining",
    ],
    [
      "Connection: close of an upstream is overlooked",
      '!connectionHas(connection, "close") && ',
      "",
      "upstream answers cut pool",
    ],
  ]),
  ...of("message/chunked.ts", [
    [
      "anything ends a chunk",
      "this.#state = State.size;\n        return byte === 0x0a;",
      "this.#state = State.size;\n        return true;",
      "upstream answers cut pool fuzz",
    ],
    [
      "a chunk size of other digits",
      "? lower - 0x57 : -1",
      "? lower - 0x57 : 0",
      "upstream answers cut pool fuzz",
    ],
  ]),
  ...of("upstream/connection.ts", [
    [
      "a cut answer counts as whole",
      '} else this.#fail("ERR_CLOSED");\n  }\n\n  #fail',
      "} else this.#finish(false);\n  }\n\n  #fail",
      "upstream answers cut pool",
    ],
    [
      "interim answers are lost",
      "if (head.status !== 100) user.onInterim(head);",
      "",
      "upstream answers cut pool",
    ],
    [
      "an endless head is gathered",
      "if (!plausible || bareLf || to - from > mostHeadBytes)",
      "if (!plausible || bareLf)",
      "upstream answers cut pool",
    ],
    [
      "an answer without a body does not end",
      "if (this.#framing === Framing.none) this.#finish(next < length);",
      "",
      "framing chunks pipelining",
    ],
    [
      "no connection is kept",
      "this.#keepAlive = head.keepAlive && ",
      `this.#keepAlive = ${never} && `,
      "upstream answers cut pool",
    ],
  ]),
];
