/** What one part of a stack uses. */
export interface PartUsage {
  /** Its container or pod. */
  readonly name: string;
  readonly ok: boolean;
  readonly status: string;
  /** It has done its work, and is well. */
  readonly ended?: boolean;
  /** In cores; undefined where nobody measures it, or not yet. */
  readonly cpu?: number | undefined;
  readonly memoryBytes?: number | undefined;
  /** What it may take at most. */
  readonly memoryLimitBytes?: number | undefined;
  /** How often it was restarted by what keeps it running; undefined where nobody counts. */
  readonly restarts?: number | undefined;
}

/** Measures the parts of a stack, again and again; use is what has come since the last time. */
export interface UsageMeter {
  measure(): Promise<readonly PartUsage[]>;
}

/** What tells use from two readings of a counter. */
export class CpuClock {
  readonly #before = new Map<string, { readonly seconds: number; readonly at: number }>();

  /**
   * Cores in use since the last reading.
   * @param seconds of a processor that it has used since its start.
   * @param at milliseconds, by the clock of whoever counts.
   */
  cores(id: string, seconds: number, at: number): number | undefined {
    const before = this.#before.get(id);
    this.#before.set(id, { seconds, at });
    // A restart begins anew.
    if (before === undefined || at <= before.at || seconds < before.seconds) return undefined;
    return ((seconds - before.seconds) * 1000) / (at - before.at);
  }
}
