import type { RouteTable } from "../../../config/route-table.ts";
import type { AccessLog } from "../observe/access-log.ts";
import type { Gateway } from "../proxy/server.ts";
import type { Settings } from "../settings.ts";

/** What becomes of a changed routing table: taken over, or refused with the old one kept. */
export type ReloadResult = "reloaded" | "kept";

/**
 * Figures of one process as plain JSON: they cross from worker to primary as a message.
 * @template S the shape of a snapshot; only the metrics know it.
 */
export interface MetricsWiring<S = unknown> {
  /** The figures of this process now. */
  snapshot(): S;
  /**
   * Adds what stays of a worker that is gone, its counters without its gauges, so that a total never falls. Without
   * this the figures of a dead worker leave with it.
   * @param total of the workers that went before.
   */
  retire?(total: S | undefined, last: S): S;
  /** Opens the metrics port; called once, in the only process or in the primary. `gather` never rejects. */
  listen(gather: () => Promise<readonly S[]>): Promise<{ close(): void }>;
  /** Counts a reload. */
  reload?(result: ReloadResult): void;
}

/** All that the process layer needs to know of the gateway it runs. */
export interface Wiring {
  readonly settings: Settings;
  readonly log: AccessLog;
  /** Builds the data path; `createGateway`. */
  readonly start: (table: RouteTable) => Gateway;
  readonly metrics?: MetricsWiring;
  /** Sends what is gathered elsewhere, at the end. */
  readonly finish?: () => Promise<void>;
}

/** A reason not to start, for one line on stderr. */
export class StartError extends Error {
  override readonly name = "StartError";
  /** 2: a setting or the routing table is wrong; 1: the machine refuses. */
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2) {
    super(message);
    this.exitCode = exitCode;
  }
}
