import { EventEmitter } from "node:events";
import type { Order, Report } from "../../src/process/messages.ts";

/** A worker of a cluster without a process: it does what a test says, and keeps what it was told. */
export class FakeWorker extends EventEmitter {
  readonly orders: Order[] = [];
  /** How it ended. */
  end: { code: number | null; signal: string | null } | undefined;
  /** What it says of its figures; nothing when it hangs. */
  answer: ((order: Order) => unknown) | undefined;
  readonly process = { kill: (signal: string) => this.exit(null, signal) };

  isDead = () => this.end !== undefined;
  isConnected = () => this.end === undefined;

  send(order: Order): void {
    this.orders.push(order);
    if ("ticket" in order && this.answer !== undefined)
      this.report({ kind: "answer", ticket: order.ticket, value: this.answer(order) });
  }

  /** Tells the primary something. */
  report(report: Report): void {
    this.emit("message", report);
  }

  /** Ends; once. */
  exit(code: number | null, signal: string | null = null): void {
    if (this.end !== undefined) return;
    this.end = { code, signal };
    this.emit("exit", code, signal);
  }

  /** Goes through its start. */
  serve(address = "here"): this {
    this.report({ kind: "ready" });
    this.report({ kind: "listening", address });
    return this;
  }

  /** What it was told of one kind. */
  ordersOf<K extends Order["kind"]>(kind: K): Extract<Order, { kind: K }>[] {
    return this.orders.filter((order): order is Extract<Order, { kind: K }> => order.kind === kind);
  }
}
