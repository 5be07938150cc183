import type { Socket } from "node:net";
import type { Plan } from "./plan.ts";
import type { Tunnel } from "./tunnel.ts";

/** A time in which something was so, milliseconds of `performance.now()`. */
export interface Span {
  readonly from: number;
  to: number;
}

/** What both ends know of an epoch, and what they found. */
export class World {
  readonly plans = new Map<string, Plan>();
  readonly tunnels = new Map<string, Tunnel>();
  readonly findings: string[] = [];
  /** What became of the requests, by the reason. */
  readonly tally = new Map<string, number>();
  /** Connections that the gateway has ended and the client has not. */
  readonly held: Socket[] = [];
  /** When the mortal upstream was dead. */
  readonly deaths: Span[] = [];
  /** Requests to `/queue` from the sending to the answer. */
  readonly queued: Span[] = [];
  /** Those of them that were refused for want of room. */
  readonly shed: { readonly span: Span; readonly seed: number; readonly id: string }[] = [];
  /** Requests that `/rate` let through, and those that it refused. */
  rated = 0;
  limited = 0;
  /** Requests that had to be served, and those that were. */
  sound = 0;
  served = 0;
  requests = 0;
  runs = 0;
  /** Longest time from a sound request to its answer, less what it asked for itself. */
  slowest = 0;
  /** When SIGTERM was sent. */
  drainAt = Number.POSITIVE_INFINITY;
  readonly #most: number;
  readonly #onFinding: (finding: string) => void;
  readonly #byKind = new Map<string, number>();

  /** @param onFinding Told of each finding as it is made, so that a run that is stopped has told what it saw. */
  constructor(most: number, onFinding: (finding: string) => void = () => {}) {
    this.#most = most;
    this.#onFinding = onFinding;
  }

  /** A new epoch: nothing that was under way is any more. */
  begin(): void {
    this.plans.clear();
    this.tunnels.clear();
    this.deaths.length = 0;
    this.queued.length = 0;
    this.shed.length = 0;
    this.rated = 0;
    this.limited = 0;
    this.drainAt = Number.POSITIVE_INFINITY;
  }

  count(reason: string): void {
    this.tally.set(reason, (this.tally.get(reason) ?? 0) + 1);
  }

  /** A finding; of each kind only some are told, so that a frequent one does not hide the others. */
  report(kind: string, seed: number, text: string): void {
    const count = (this.#byKind.get(kind) ?? 0) + 1;
    this.#byKind.set(kind, count);
    const finding = `${kind}: seed ${seed}: ${text}`;
    this.#onFinding(finding);
    if (count <= 2) this.findings.push(finding);
  }

  /** How often each kind was found. */
  get kinds(): string {
    return [...this.#byKind].map(([kind, count]) => `${kind}: ${count}`).join(", ");
  }

  /** Whether enough is known. */
  get full(): boolean {
    return this.findings.length >= this.#most;
  }

  /** Whether the mortal upstream was dead at some time of a span, or had just been. */
  wasDead(from: number, to: number): boolean {
    return this.deaths.some((death) => death.from <= to && from <= death.to + 1_000);
  }
}
