import type { Route, RouteTable } from "../../../config/route-table.ts";
import type { Applicant, Gate, Pass } from "./gate.ts";
import type { GateAnswer, GateAsk } from "./gate-messages.ts";
import { connectionsGate, type Gates, isLimited } from "./gates.ts";

/**
 * The gates of a worker: the primary counts, so that a limit holds for all workers together. It is asked once per request
 * of a route that has limits; what one turn of the loop brings goes in one message.
 */
export class RemoteGates implements Gates {
  readonly connections: Gate | undefined;
  readonly #send: (asks: readonly GateAsk[]) => void;
  #gates = new Map<string, Gate>();
  readonly #waiting = new Map<number, Applicant>();
  readonly #ids = new Map<Applicant, number>();
  #asks: GateAsk[] = [];
  #id = 0;

  /** @param countsConnections whether connections have a limit for each client. */
  constructor(send: (asks: readonly GateAsk[]) => void, countsConnections: boolean) {
    this.#send = send;
    this.connections = countsConnections ? this.#gate(connectionsGate) : undefined;
  }

  use(table: RouteTable): void {
    const limited = table.services.filter(isLimited);
    this.#gates = new Map(limited.map(({ name }) => [name, this.#gates.get(name) ?? this.#gate(name)]));
  }

  of({ name }: Pick<Route, "name">): Gate | undefined {
    return this.#gates.get(name);
  }

  /** Takes what the primary answered. */
  onAnswers(answers: readonly GateAnswer[]): void {
    for (const answer of answers) {
      const id = answer[1];
      const applicant = this.#waiting.get(id);
      // Who has left meanwhile has said so.
      if (applicant === undefined) continue;
      this.#waiting.delete(id);
      this.#ids.delete(applicant);
      if (answer[0] === "refused") applicant.onRefused(answer[2]);
      else applicant.onAdmitted(answer[2] ? this.#pass(id) : undefined);
    }
  }

  #gate(name: string): Gate {
    return {
      enter: (applicant) => {
        const id = ++this.#id;
        this.#waiting.set(id, applicant);
        this.#ids.set(applicant, id);
        this.#ask(["enter", id, name, applicant.client, applicant.tunnel]);
      },
      forget: (applicant) => {
        const id = this.#ids.get(applicant);
        if (id === undefined) return;
        this.#ids.delete(applicant);
        this.#waiting.delete(id);
        this.#ask(["leave", id]);
      },
    };
  }

  #pass(id: number): Pass {
    let left = false;
    return {
      becomeLong: () => this.#ask(["long", id]),
      leave: () => {
        if (!left) this.#ask(["leave", id]);
        left = true;
      },
    };
  }

  #ask(ask: GateAsk): void {
    if (this.#asks.push(ask) > 1) return;
    setImmediate(() => {
      const asks = this.#asks;
      this.#asks = [];
      this.#send(asks);
    });
  }
}
