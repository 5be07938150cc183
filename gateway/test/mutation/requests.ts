import { type Mutant, of } from "./mutant.ts";

/** Mutants of what of a request goes on to its upstream. */
export const requests: readonly Mutant[] = [
  ...of("proxy/server.ts", [
    [
      "the upstream gets the gateway's name for Host",
      'exchange.host = host === "" ?',
      "exchange.host = Date.now() > 0 ?",
      "identity syntax",
    ],
  ]),
  ...of("proxy/request-facts.ts", [
    [
      "Host in small letters",
      'if (url.startsWith("/")) return { target: url, host };',
      'if (url.startsWith("/")) return { target: url, host: host.toLowerCase() };',
      "identity",
    ],
  ]),
  ...of("message/fields.ts", [
    ["Keep-Alive passes", '"keep-alive": RequestField.hop,', "", "fields"],
    ["Trailer passes", "trailer: RequestField.hop,", "", "fields"],
    ["Proxy-Authorization passes", '"proxy-authorization": RequestField.hop,', "", "fields"],
  ]),
  ...of("message/request-head.ts", [
    [
      "fields without a value are dropped",
      "const kind = requestField(name);",
      'const kind = requestField(name); if (value === "") continue;',
      "fields",
    ],
    [
      "fields go in the other order",
      "head.kept = named === undefined ? kept :",
      "head.kept = named === undefined ? kept.split(/(?<=\\r\\n)/).reverse().join('') :",
      "fields",
    ],
  ]),
  ...of("proxy/forward.ts", [
    [
      "a request's head is written as UTF-8",
      'connection.socket.write(head, "latin1");\n      return;',
      'connection.socket.write(head, "utf8");\n      return;',
      "fields",
    ],
    ["the size of a chunk in decimal", "chunk.length.toString(16)", "chunk.length.toString()", "fuzz"],
    [
      "a chunked body goes on without its framing",
      "if (this.#chunkedIn) socket.write(`$",
      "if (Date.now() < 0) socket.write(`$",
      "chunks syntax framing",
    ],
    [
      "trailers go on",
      '0\\r\\n\\r\\n`, "latin1");',
      '0\\r\\n`, "latin1");\n      const lines = this.#exchange.request.rawTrailers.map((text, i) => (i % 2 ? ": " + text + "\\r\\n" : text));\n      socket.write(lines.join("") + "\\r\\n", "latin1");',
      "chunks",
    ],
    [
      "a GET has no body",
      "this.#chunkedIn || exchange.head.length > 0;",
      'exchange.method !== "GET" && (this.#chunkedIn || exchange.head.length > 0);',
      "pipelining",
    ],
    [
      "an upload that goes on is not seen to",
      "if (this.#phase === Phase.body) this.deadline = this.#context.now() + this.#context.bodyTimeout;",
      "",
      "limits",
    ],
    [
      "an upload that was broken stays open at the upstream",
      "this.#done();\n    connection?.destroy();\n    if (this.#answer?.begun === true) this.#exchange.cut();\n    else this.#exchange.refuse(problem);",
      "this.#done();\n    this.#exchange.refuse(problem);",
      "client chunks",
    ],
  ]),
];
