import type { Refusal } from "../message/refusals.ts";

/**
 * What a worker asks of the process that counts for all of them. Each ask has a number of its worker's choice; `leave`
 * ends it whether it waits, was let in, or was refused meanwhile.
 */
export type GateAsk =
  | readonly [ask: "enter", id: number, gate: string, client: string, tunnel: boolean]
  | readonly [ask: "long", id: number]
  | readonly [ask: "leave", id: number];

/** The answer to an `enter`. */
export type GateAnswer =
  | readonly [answer: "in", id: number, holds: boolean]
  | readonly [answer: "refused", id: number, refusal: Refusal];
