import { type Mutant, of, together } from "./mutant.ts";

/** Mutants of WebSocket handshakes and the tunnels they open. */
export const tunnels: readonly Mutant[] = [
  ...of("proxy/tunnel.ts", [
    ["the accept is not checked", "head.webSocketAccept !== accept || ", "", "websocket upgrade tunnel"],
    [
      "an upgrade to anything opens a tunnel",
      ' || head.upgrade?.toLowerCase() !== "websocket")',
      ")",
      "websocket upgrade tunnel",
    ],
    [
      "early frames are lost",
      "if (this.#early.length > 0) this.#onClientData(this.#early);",
      "",
      "websocket upgrade tunnel",
    ],
    [
      "the first frame of the upstream is lost",
      "if (rest.length > 0) socket.write(rest);",
      "",
      "websocket upgrade tunnel",
    ],
    [
      "a refused handshake has no body",
      "    this.#out += this.#chunked ?",
      "    if (Date.now() < 0) this.#out += this.#chunked ?",
      "websocket upgrade tunnel",
    ],
    [
      "traffic does not keep a tunnel",
      "  #touch(): void {\n    this.deadline =",
      "  #touch(): void {\n    if (this.deadline < this.start + 2000) this.deadline =",
      "websocket upgrade tunnel",
    ],
    [
      "a client that does not read a tunnel is not waited for",
      "return this.handshake.socket.write(Buffer.from(buffer.subarray(start, end)));",
      "this.handshake.socket.write(Buffer.from(buffer.subarray(start, end)));\n    return true;",
      "websocket upgrade tunnel",
    ],
    [
      "a client's end cuts the tunnel",
      "(this.#open ? this.#onClientEnd() : socket.destroy())",
      "socket.destroy()",
      "websocket upgrade tunnel",
    ],
    [
      "a half-closed tunnel lives as long as the upstream likes",
      "Math.min(this.#lastMoment, this.#observer.now() + this.#observer.halfClosedTimeout)",
      "Number.POSITIVE_INFINITY",
      "tunnel-end",
    ],
    ["a tunnel's bytes are not counted", "this.bytesIn += chunk.length;", "", "tunnel-end"],
    [
      "a client that leaves before the 101 leaves a connection behind",
      "else this.#connection?.destroy();\n    if (!this.#answered)",
      "if (!this.#answered)",
      "tunnel",
    ],
    [
      "what the gateway writes into a tunnel is not counted",
      "this.bytesOut += text.length;",
      "",
      "tunnel-end",
    ],
    [
      "a handshake refused by the gateway has no reason in the log",
      "this.outcome = problem.reason;",
      "",
      "tunnel-end",
    ],
  ]),
  ...of("proxy/report.ts", [
    ["every handshake is logged as an open tunnel", "status: tunnel.status,", "status: 101,", "tunnel-end"],
  ]),
  ...of("proxy/upgrades.ts", [
    [
      "a handshake without Host",
      "if (hostProblem(head, false) !== undefined) return false;",
      "",
      "websocket",
    ],
    [
      "a handshake is taken before its path is known",
      'return "route" in decision && decision.route.websocket === true;',
      'return !("route" in decision) || decision.route.websocket === true;',
      "websocket upgrade",
    ],
  ]),
  together(
    "bytes after an Upgrade are tunnelled before any 101 (CVE-2026-2833)",
    "websocket upgrade tunnel-end",
    [
      "proxy/server.ts",
      "return takesUpgrade(request, this.#routes);",
      'return request.method === "GET" && request.head.upgrade !== undefined;',
    ],
    [
      "proxy/tunnel.ts",
      'connection.socket.write(this.handshake.requestHead, "latin1");',
      'connection.socket.write(this.handshake.requestHead, "latin1");\n    this.#open = true;\n    connection.join(this);\n    this.#onClientData(this.#early);',
    ],
  ),
];
