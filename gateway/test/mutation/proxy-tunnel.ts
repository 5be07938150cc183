import { type Mutant, of, together } from "./mutant.ts";

/** Mutants of WebSocket tunnels. */
export const proxyTunnel: readonly Mutant[] = [
  ...of("proxy/tunnel.ts", [
    ["the accept is not checked", "head.webSocketAccept === accept && ", "", "websocket"],
    [
      "an upgrade to anything opens a tunnel",
      ' && head.upgrade?.toLowerCase() === "websocket";',
      ";",
      "websocket",
    ],
    [
      "early frames are lost",
      "if (early.length > 0) this.#onClientData(early);\n    else if",
      "if",
      "tunnel",
    ],
    [
      "early frames are kept without bound",
      "if (this.#early.length > mostEarly) socket.pause();",
      "",
      "tunnel",
    ],
    [
      "a client whose early frames were many is never read again",
      "    else if (socket.isPaused()) socket.resume();\n  }\n\n  onUpstreamData",
      "  }\n\n  onUpstreamData",
      "tunnel",
    ],
    [
      "the first frame of the upstream is lost",
      "if (rest.length > 0) exchange.writeBytes(rest);",
      "",
      "tunnel",
    ],
    [
      "traffic does not keep a tunnel",
      "    this.deadline = Math.min(this.#clock.now + this.#limits.idle, this.#lastMoment);",
      "    if (this.deadline > 1e300 || this.#lastMoment < 1e300) this.deadline = Math.min(this.#clock.now + this.#limits.idle, this.#lastMoment);",
      "tunnel",
    ],
    [
      "a quiet tunnel lives for ever",
      "Math.min(this.#clock.now + this.#limits.idle, this.#lastMoment)",
      "this.#lastMoment",
      "tunnel",
    ],
    [
      "a client that does not read a tunnel is not waited for",
      "return socket.write(Buffer.from(buffer.subarray(start, end)));",
      "socket.write(Buffer.from(buffer.subarray(start, end)));\n    return true;",
      "tunnel",
    ],
    [
      "a tunnel's buffer is read into while it is written",
      "socket.write(Buffer.from(buffer.subarray(start, end)))",
      "socket.write(buffer.subarray(start, end))",
      "tunnel",
    ],
    [
      "an upstream that does not read a tunnel is not waited for",
      "if (upstream?.writable === true && !upstream.write(chunk)) socket.pause();",
      "if (upstream?.writable === true) upstream.write(chunk);",
      "tunnel",
    ],
    [
      "a client's end cuts the tunnel",
      "    this.#connection?.socket.end();\n    this.#halfClose();",
      "    this.onDeadline();",
      "tunnel",
    ],
    [
      "a half-closed tunnel lives as long as the upstream likes",
      "this.#lastMoment = Math.min(this.#lastMoment, this.#clock.now + this.#limits.halfClosed);",
      "",
      "tunnel-end",
    ],
    ["a tunnel's bytes are not counted", "this.#exchange.bytesIn += chunk.length;", "", "tunnel-end"],
    [
      "bytes of a tunnel's upstream are not counted",
      "this.#exchange.bytesOut += end - start;",
      "",
      "tunnel-end",
    ],
    [
      "a tunnel's place is not given back",
      "    this.#pass?.leave();\n    this.#pass = undefined;",
      "",
      "tunnel-places",
    ],
    [
      "a client that leaves leaves its upstream open",
      "if (!socket.readableEnded) return connection.destroy();",
      "if (!socket.readableEnded) return;",
      "tunnel",
    ],
    [
      "what a client sent before its end is lost",
      "if (!socket.readableEnded) return connection.destroy();",
      "return connection.destroy();",
      "tunnel-late",
    ],
    [
      "an upstream that does not read outlives its client",
      "    connection.socket.setTimeout(this.#limits.halfClosed, () => connection.destroy());\n",
      "",
      "tunnel-late",
    ],
    [
      "an upstream's end does not reach the client",
      "    this.#exchange.connection.socket.end();\n    this.#halfClose();",
      "    this.#halfClose();",
      "tunnel",
    ],
    [
      "an upstream's reset does not reach the client",
      "    this.#exchange.connection.socket.destroySoon();\n",
      "",
      "tunnel",
    ],
    [
      "what an accepted handshake says of CORS is lost",
      "    exchange.corsGiven = head.cors;\n    exchange.varyGiven = head.vary;\n",
      "",
      "cors websocket",
    ],
  ]),
  together("bytes after an Upgrade are tunnelled before any 101 (CVE-2026-2833)", "upgrade", [
    "proxy/request-handler.ts",
    'if (!client.free || !isWebSocketHandshake(head, request.method ?? "", request.httpVersion)) return false;',
    'if (request.method === "GET" && head.upgrade !== undefined) return true;\n    if (!client.free || !isWebSocketHandshake(head, request.method ?? "", request.httpVersion)) return false;',
  ]),
];
