import { type Mutant, never, of, together } from "./mutant.ts";

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
    ["early frames are lost", "if (early.length > 0) this.#onClientData(early);", "", "unit:proxy/tunnel"],
    [
      "a client that was stopped while its requests were read is never read again",
      "    else if (socket.isPaused()) socket.resume();\n  }\n\n  onUpstreamData",
      "  }\n\n  onUpstreamData",
      "unit:proxy/tunnel",
    ],
    [
      "early frames are kept without bound",
      "if (this.#early.length > mostEarly) socket.pause();",
      "",
      "unit:proxy/tunnel",
    ],
    [
      "a client whose early frames were many is never read again",
      "!upstream.write(chunk)) socket.pause();\n    else if (socket.isPaused()) socket.resume();",
      "!upstream.write(chunk)) socket.pause();",
      "unit:proxy/tunnel",
    ],
    [
      "the first frame of the upstream is lost",
      "if (rest.length > 0) exchange.writeBytes(rest);",
      "",
      "unit:proxy/tunnel",
    ],
    [
      "traffic does not keep a tunnel",
      "    this.deadline = Math.min(this.#clock.now + this.#limits.idle, this.#lastMoment);",
      "    if (this.deadline > 1e300 || this.#lastMoment < 1e300) this.deadline = Math.min(this.#clock.now + this.#limits.idle, this.#lastMoment);",
      "unit:proxy/tunnel",
    ],
    [
      "a quiet tunnel lives for ever",
      "Math.min(this.#clock.now + this.#limits.idle, this.#lastMoment)",
      "this.#lastMoment",
      "unit:proxy/tunnel",
    ],
    [
      "a client that does not read a tunnel is not waited for",
      "return socket.write(Buffer.from(buffer.subarray(start, end)));",
      "socket.write(Buffer.from(buffer.subarray(start, end)));\n    return true;",
      "unit:proxy/tunnel",
    ],
    [
      "a tunnel's buffer is read into while it is written",
      "socket.write(Buffer.from(buffer.subarray(start, end)))",
      "socket.write(buffer.subarray(start, end))",
      "unit:proxy/tunnel",
    ],
    [
      "an upstream that does not read a tunnel is not waited for",
      "if (upstream?.writable === true && !upstream.write(chunk)) socket.pause();",
      "if (upstream?.writable === true) upstream.write(chunk);",
      "unit:proxy/tunnel",
    ],
    [
      "a client's end cuts the tunnel",
      "    this.#connection?.socket.end();\n    // The",
      "    this.onDeadline();\n    // The",
      "unit:proxy/tunnel",
    ],
    [
      "a half-closed tunnel lives as long as the upstream likes",
      "this.#lastMoment = this.#clock.now + this.#limits.halfClosed;",
      "",
      "unit:proxy/tunnel",
    ],
    ["a tunnel's bytes are not counted", "this.#exchange.bytesIn += chunk.length;", "", "unit:proxy/tunnel"],
    [
      "bytes of a tunnel's upstream are not counted",
      "this.#exchange.bytesOut += end - start;",
      "",
      "unit:proxy/tunnel",
    ],
    [
      "a tunnel's place is not given back",
      "    this.#pass?.leave();\n    this.#pass = undefined;",
      "",
      "unit:proxy/tunnel",
    ],
    [
      "a client that leaves leaves its upstream open",
      "    else this.#leave()?.destroy();\n  }\n\n  onAborted",
      "  }\n\n  onAborted",
      "unit:proxy/tunnel",
    ],
    [
      "what a client sent before its end is lost",
      "if (this.#exchange.connection.socket.readableEnded)",
      `if (${never})`,
      "unit:proxy/tunnel",
    ],
    [
      "an upstream is told of no end when its tunnel ends",
      "    this.#letGo();\n    this.#exchange",
      "    this.#leave();\n    this.#exchange",
      "unit:proxy/tunnel",
    ],
    [
      "an upstream's end does not reach the client",
      '    this.#letGo();\n    this.#exchange.endTunnel("upstream");',
      "    this.#letGo();",
      "unit:proxy/tunnel",
    ],
    [
      "an upstream's reset does not reach the client",
      '    this.#leave();\n    this.#exchange.endTunnel("upstream");',
      "    this.#leave();",
      "unit:proxy/tunnel",
    ],
    [
      "a tunnel whose time is over leaves its upstream open",
      "    this.#leave()?.destroy();\n    this",
      "    this.#leave();\n    this",
      "unit:proxy/tunnel",
    ],
    [
      "what an accepted handshake says of CORS is lost",
      "    exchange.corsGiven = head.cors;\n    exchange.varyGiven = head.vary;\n",
      "",
      "unit:proxy/tunnel",
    ],
  ]),
  together("bytes after an Upgrade are tunnelled before any 101 (CVE-2026-2833)", "upgrade", [
    "proxy/request-handler.ts",
    'if (!client.idle || !isWebSocketHandshake(head, request.method ?? "", request.httpVersion)) return false;',
    'if (request.method === "GET" && head.upgrade !== undefined) return true;\n    if (!client.idle || !isWebSocketHandshake(head, request.method ?? "", request.httpVersion)) return false;',
  ]),
];
