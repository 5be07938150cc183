import type { RouteTable } from "../../../config/route-table.ts";
import type { GateAnswer, GateAsk } from "../policy/gate-messages.ts";

/** What the primary tells a worker. */
export type Order =
  | { readonly kind: "serve"; readonly table: RouteTable }
  | { readonly kind: "use"; readonly table: RouteTable; readonly ticket: number }
  | { readonly kind: "snapshot"; readonly ticket: number }
  | { readonly kind: "gates"; readonly answers: readonly GateAnswer[] }
  | { readonly kind: "drain" };

/** What a worker tells the primary. */
export type Report =
  /** It runs and waits for `serve`. */
  | { readonly kind: "ready" }
  | { readonly kind: "listening"; readonly address: unknown }
  | { readonly kind: "failed"; readonly message: string }
  /** What it wants to know of limits that hold for all workers. */
  | { readonly kind: "gates"; readonly asks: readonly GateAsk[] }
  /** The answer to the order with this ticket. */
  | { readonly kind: "answer"; readonly ticket: number; readonly value: unknown };
