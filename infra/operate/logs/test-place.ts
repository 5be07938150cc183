import type { LogLine } from "../../../core/log-records.ts";
import type { LogPlace, LogSource, ReadOptions } from "./place.ts";

/** A log that a test writes; whoever follows it is given what comes until the container ends. */
export class TestLog {
  readonly written: LogLine[] = [];
  /** How it was read, in order. */
  readonly reads: ReadOptions[] = [];
  life = 0;
  runs = true;
  #cuts = 0;
  #wake: () => void = () => {};

  write(time: number, ...texts: string[]): void {
    for (const text of texts) this.written.push({ time, text });
    this.#wake();
  }

  /** The connection to whoever follows it ends, though the container goes on. */
  cut(): void {
    this.#cuts++;
    this.#wake();
  }

  /** The container ends. */
  end(): void {
    this.runs = false;
    this.life++;
    this.#wake();
  }

  start(): void {
    this.runs = true;
    this.life++;
  }

  /** As an engine and a cluster do it: whole seconds, and from a time on inclusively. */
  async *lines(options: ReadOptions): AsyncGenerator<LogLine> {
    this.reads.push(options);
    const { since, tail, follow, signal } = options;
    const from = since === undefined ? Number.NEGATIVE_INFINITY : Math.floor(since / 1000) * 1000;
    const [life, cuts] = [this.life, this.#cuts];
    let at = tail === undefined ? 0 : Math.max(this.written.length - tail, 0);
    for (;;) {
      for (; at < this.written.length; at++) {
        const line = this.written[at];
        if (line !== undefined && line.time >= from) yield line;
      }
      if (!follow || !this.runs || this.life !== life || this.#cuts !== cuts || signal.aborted) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
    }
  }
}

/** A place whose logs a test makes. */
export class TestPlace implements LogPlace {
  readonly logs = new Map<string, TestLog>();
  fault: Error | undefined;
  #wake: () => void = () => {};

  log(id: string): TestLog {
    const log = new TestLog();
    this.logs.set(id, log);
    this.#wake();
    return log;
  }

  remove(id: string): void {
    this.logs.get(id)?.end();
    this.logs.delete(id);
    this.#wake();
  }

  /** Something has begun or ended. */
  news(): void {
    this.#wake();
  }

  async sources(): Promise<LogSource[]> {
    if (this.fault !== undefined) throw this.fault;
    return [...this.logs].map(([id, log]) => {
      const part = id.split("#")[0] as string;
      return {
        id,
        part,
        label: part,
        aliases: [],
        runs: log.runs,
        life: String(log.life),
        lines: (options) => log.lines(options),
      };
    });
  }

  async change(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }
}
