import type { Line, Pace } from "./line.ts";
import type { Plan } from "./plan.ts";
import type { Tunnel } from "./tunnel.ts";

/** How a client writes its requests and leaves. */
export interface Manner {
  /** Each request after the answer to the one before. */
  readonly turns: boolean;
  readonly pieces: boolean;
  readonly pace: Pace;
  /** Milliseconds after which it leaves in the middle; 0 for never. */
  readonly leaves: number;
  /** It does not close a connection that the gateway has ended. */
  readonly holds: boolean;
}

/** A connection's requests and what became of them. */
export interface Talk {
  readonly seed: number;
  readonly plans: readonly Plan[];
  readonly line: Line;
  readonly manner: Manner;
  readonly opened: number;
  /** When the last byte of each was written. */
  readonly sent: number[];
  readonly tunnel: Tunnel | undefined;
  left: boolean;
}

/** Milliseconds that a sound request may take beside what it asks for itself. */
const budgetMs = 5_000;

/** What a request may take: its own delays and the reader's, its bytes, and the budget. */
export const allowance = (plan: Plan | undefined, { pace }: Manner): number =>
  budgetMs +
  // Five megabytes a second is little, but both ends are one process, which others share.
  (plan?.act.size ?? 0) / 5_000 +
  (plan?.act.delay ?? 0) +
  pace.late +
  pace.rest * pace.rests +
  (plan?.route === "slow" ? 1_000 : 0);
