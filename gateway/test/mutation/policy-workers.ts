import { type Mutant, of } from "./mutant.ts";

/** Mutants of limits that hold for several processes. */
export const policyWorkers: readonly Mutant[] = [
  ...of("policy/gate-keeper.ts", [
    [
      "each worker counts for itself",
      "return new WorkerCounter(this.#gates, answer);",
      "const own = new LocalGates({ maxConnectionsPerClient: undefined });\n    own.use({ services: [] });\n    return new WorkerCounter(own, answer);",
      "workers-limits",
    ],
    ["the primary takes no other table", "    this.#gates.use(table);\n", "", "unit:policy/remote-gates"],
    [
      "what a dead worker held is lost",
      "for (const held of this.#held.values()) held.leave();",
      "",
      "unit:policy/remote-gates",
    ],
    [
      "a place that was left is held",
      "    this.#held.get(id)?.leave();\n    this.#held.delete(id);\n  }\n\n  #say",
      "    this.#held.delete(id);\n  }\n\n  #say",
      "unit:policy/remote-gates",
    ],
    [
      "who left while it waited is let in",
      "if (this.#waits) this.#gate.forget(this);",
      "",
      "unit:policy/remote-gates",
    ],
    [
      "what lasts is not told",
      'else if (ask[0] === "long") this.#held.get(ask[1])?.becomeLong();',
      'else if (ask[0] === "long") continue;',
      "unit:policy/remote-gates",
    ],
    [
      "a route without limits answers nothing",
      'if (gate === undefined) return this.#say(["in", id, false]);',
      "if (gate === undefined) return;",
      "unit:policy/remote-gates",
    ],
    [
      "a refusal is told as admission",
      'refusal === undefined ? ["in", id, holds]',
      'refusal === undefined || holds === false ? ["in", id, holds]',
      "unit:policy/remote-gates",
    ],
    [
      "connections of one client are not counted together",
      "name === connectionsGate ? this.#gates.connections : ",
      "",
      "connections workers-limits unit:policy/remote-gates",
    ],
    [
      "each answer is a message of its own",
      "if (this.#answers.push(answer) > 1) return;",
      "this.#answers.push(answer);",
      "unit:policy/remote-gates",
    ],
  ]),
  ...of("policy/remote-gates.ts", [
    [
      "connections of one client are not asked for",
      "countsConnections ? this.#gate(connectionsGate) : undefined",
      "undefined",
      "unit:policy/remote-gates",
    ],
    [
      "routes without limits ask too",
      "table.services.filter(isLimited)",
      "table.services",
      "unit:policy/remote-gates",
    ],
    [
      "an answer is not forgotten",
      "      this.#waiting.delete(id);\n      this.#ids.delete(applicant);\n      if (answer[0]",
      "      if (answer[0]",
      "unit:policy/remote-gates",
    ],
    [
      "who left does not say so",
      '        this.#ask(["leave", id]);\n      },\n    };\n  }\n\n  #pass',
      "      },\n    };\n  }\n\n  #pass",
      "unit:policy/remote-gates",
    ],
    [
      "who left is answered all the same",
      "        this.#ids.delete(applicant);\n        this.#waiting.delete(id);\n        this.#ask",
      "        this.#ask",
      "unit:policy/remote-gates",
    ],
    [
      "a place is not given back to the primary",
      'if (!left) this.#ask(["leave", id]);',
      "",
      "unit:policy/remote-gates",
    ],
    [
      "what lasts is not told to the primary",
      'becomeLong: () => this.#ask(["long", id]),',
      "becomeLong: () => {},",
      "unit:policy/remote-gates",
    ],
    [
      "each ask is a message of its own",
      "if (this.#asks.push(ask) > 1) return;",
      "this.#asks.push(ask);",
      "unit:policy/remote-gates",
    ],
    [
      "a refusal lets in",
      'if (answer[0] === "refused") applicant.onRefused(answer[2]);',
      'if (answer[0] === "refused") applicant.onAdmitted(undefined);',
      "unit:policy/remote-gates",
    ],
  ]),
];
