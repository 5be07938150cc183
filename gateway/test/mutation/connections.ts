import { type Mutant, of, together } from "./mutant.ts";

/** Mutants of the life of connections: to clients, to upstreams, and at the end. */
export const connections: readonly Mutant[] = [
  ...of("proxy/http-server.ts", [
    [
      "a client's idle connection is closed early",
      "keepAliveTimeout: 0,",
      "keepAliveTimeout: 300,",
      "limits",
    ],
  ]),
  ...of("proxy/drain.ts", [
    [
      "a drain waits for what does not end",
      "for (const client of clients) client.socket.destroy();\n  }, left);",
      "}, left);",
      "drain",
    ],
    [
      "the gateway leaves before its tunnels are logged",
      "for (let turns = 0; turns < settling && tunnels.size + clients.size > 0; turns++) await nextTurn();",
      "",
      "tunnel-end",
    ],
  ]),
  ...of("upstream/connection.ts", [
    ["a body takes in what follows it", "Math.min(this.#left, length - start);", "length - start;", "pool"],
    [
      "unasked answers are kept for the next request",
      "(response queue poisoning).\n      this.socket.destroy();\n      return false;",
      "\n      this.#head = Buffer.from(buffer.subarray(0, length));\n      return true;",
      "pool",
    ],
    [
      "a connection is used again before its request is whole",
      "this.#keepAlive && user.requestSent &&",
      "this.#keepAlive &&",
      "pool",
    ],
  ]),
  ...of("upstream/pool.ts", [
    ["a connection is lent twice", "let kept = this.#idle.pop();", "let kept = this.#idle.at(-1);", "pool"],
  ]),
  together(
    "connections that the upstream closed are used",
    "pool",
    ["upstream/pool.ts", "if (kept.socket.destroyed || !kept.socket.writable) continue;", ""],
    ["upstream/pool.ts", "if (at >= 0) this.#idle.splice(at, 1);", ""],
  ),
  together(
    "an upstream's address is asked for once",
    "upstream",
    ["upstream/address.ts", "const freshMs = 2_000;", "const freshMs = 9e9;"],
    [
      "upstream/address.ts",
      "(_host, options, callback) => {",
      "(_host, options, callback) => {\n    if (options.all === true && this.#known.length > 0) return callback(null, [...this.#known]);",
    ],
  ),
];
