import type { RouteTable } from "../../../config/route-table.ts";
import type { Refusal } from "../message/refusals.ts";
import type { Applicant, Gate, Pass } from "./gate.ts";
import type { GateAnswer, GateAsk } from "./gate-messages.ts";
import { type ConnectionPlaces, connectionsGate, LocalGates } from "./gates.ts";

/** Counts for the workers of a primary. */
export class GateKeeper {
  readonly #gates: LocalGates;

  constructor(connections: ConnectionPlaces) {
    this.#gates = new LocalGates(connections);
  }

  /** Takes over a table; to be told before any worker is. */
  use(table: RouteTable): void {
    this.#gates.use(table);
  }

  /**
   * A worker's counter.
   * @param answer sends answers to it.
   */
  counter(answer: (answers: readonly GateAnswer[]) => void): WorkerCounter {
    return new WorkerCounter(this.#gates, answer);
  }
}

/** What one worker holds of the limits. */
export class WorkerCounter {
  readonly #gates: LocalGates;
  readonly #answer: (answers: readonly GateAnswer[]) => void;
  readonly #held = new Map<number, Held>();
  #answers: GateAnswer[] = [];

  constructor(gates: LocalGates, answer: (answers: readonly GateAnswer[]) => void) {
    this.#gates = gates;
    this.#answer = answer;
  }

  onAsks(asks: readonly GateAsk[]): void {
    const now = performance.now();
    for (const ask of asks) {
      if (ask[0] === "enter") this.#enter(ask[1], ask[2], ask[3], ask[4], now);
      else if (ask[0] === "long") this.#held.get(ask[1])?.becomeLong();
      else this.#leave(ask[1]);
    }
  }

  /** The worker is gone, and with it all that it held. */
  close(): void {
    for (const held of this.#held.values()) held.leave();
    this.#held.clear();
  }

  #enter(id: number, name: string, client: string, tunnel: boolean, now: number): void {
    const gate = name === connectionsGate ? this.#gates.connections : this.#gates.of({ name });
    // A table in which the route has no limits any more is on its way to the worker.
    if (gate === undefined) return this.#say(["in", id, false]);
    const held = new Held(gate, client, tunnel, (refusal, holds) => {
      if (!holds) this.#held.delete(id);
      this.#say(refusal === undefined ? ["in", id, holds] : ["refused", id, refusal]);
    });
    this.#held.set(id, held);
    held.enter(now);
  }

  #leave(id: number): void {
    this.#held.get(id)?.leave();
    this.#held.delete(id);
  }

  #say(answer: GateAnswer): void {
    if (this.#answers.push(answer) > 1) return;
    setImmediate(() => {
      const answers = this.#answers;
      this.#answers = [];
      this.#answer(answers);
    });
  }
}

/** A worker's request, at the gate or past it. */
class Held implements Applicant {
  readonly client: string;
  readonly tunnel: boolean;
  readonly #gate: Gate;
  readonly #decided: (refusal: Refusal | undefined, holds: boolean) => void;
  #waits = true;
  #pass: Pass | undefined;

  constructor(
    gate: Gate,
    client: string,
    tunnel: boolean,
    decided: (refusal: Refusal | undefined, holds: boolean) => void,
  ) {
    this.#gate = gate;
    this.client = client;
    this.tunnel = tunnel;
    this.#decided = decided;
  }

  enter(now: number): void {
    this.#gate.enter(this, now);
  }

  onAdmitted(pass: Pass | undefined): void {
    this.#waits = false;
    this.#pass = pass;
    this.#decided(undefined, pass !== undefined);
  }

  onRefused(refusal: Refusal): void {
    this.#waits = false;
    this.#decided(refusal, false);
  }

  becomeLong(): void {
    this.#pass?.becomeLong();
  }

  leave(): void {
    if (this.#waits) this.#gate.forget(this);
    this.#waits = false;
    this.#pass?.leave();
    this.#pass = undefined;
  }
}
