import { write as writeAsync, writeSync } from "node:fs";

/** Milliseconds a reader has to make room when the process ends. */
const patience = 1_000;
const retryMs = 10;

/** What {@link Output} needs from the outside. */
export interface OutputOptions {
  /** Characters that may wait for a slow reader; above them lines are dropped. */
  readonly most?: number;
  /**
   * Largest single write, bytes. Processes that share a pipe need 4096 (PIPE_BUF): only up to there does the kernel
   * keep their lines apart.
   */
  readonly chunk?: number;
}

/**
 * Lines in ASCII for a file descriptor. Node writes to pipes synchronously, so a reader that stops would stop the gateway;
 * here one write at a time goes through the thread pool, and what waits behind it is bounded.
 */
export class Output {
  readonly #fd: number;
  readonly #most: number;
  readonly #chunk: number;
  #waiting = "";
  #unwritten: Buffer | undefined;
  #busy = false;
  #idle: (() => void)[] = [];

  constructor(fd: number, { most = 4_194_304, chunk = 65_536 }: OutputOptions = {}) {
    this.#fd = fd;
    this.#most = most;
    this.#chunk = chunk;
  }

  /** Takes whole lines. @returns false when there is no room for them; nothing is taken then. */
  write(lines: string): boolean {
    if (this.#waiting.length + lines.length > this.#most && this.#waiting !== "") return false;
    this.#waiting += lines;
    if (!this.#busy) this.#next();
    return true;
  }

  #next(): void {
    this.#unwritten ??= this.#take();
    const buffer = this.#unwritten;
    if (buffer === undefined) {
      this.#busy = false;
      for (const done of this.#idle.splice(0)) done();
      return;
    }
    this.#busy = true;
    writeAsync(this.#fd, buffer, 0, this.#cut(buffer), null, (error, written) => {
      if (this.#unwritten !== buffer) return;
      if (error?.code === "EAGAIN") return void setTimeout(() => this.#next(), retryMs).unref();
      // A reader that is gone takes nothing any more; the gateway goes on without its log.
      if (error !== null && error !== undefined) this.#unwritten = undefined;
      else this.#unwritten = written < buffer.length ? buffer.subarray(written) : undefined;
      this.#next();
    });
  }

  #take(): Buffer | undefined {
    if (this.#waiting === "") return undefined;
    const buffer = Buffer.from(this.#waiting, "latin1");
    this.#waiting = "";
    return buffer;
  }

  /** How much of `buffer` one write carries: whole lines when they fit. */
  #cut(buffer: Buffer): number {
    if (buffer.length <= this.#chunk) return buffer.length;
    const end = buffer.lastIndexOf(10, this.#chunk - 1);
    return end < 0 ? this.#chunk : end + 1;
  }

  /** Resolves when everything taken is written. */
  drained(): Promise<void> {
    return this.#busy ? new Promise((resolve) => this.#idle.push(resolve)) : Promise.resolve();
  }

  /**
   * Writes what waits before it returns, for the end of the process; gives a reader that is full a second. A write
   * that the thread pool has in hand is left to it: call {@link drained} first where there is time.
   */
  flushSync(): void {
    const text = this.#waiting;
    this.#waiting = "";
    let buffer = Buffer.from(text, "latin1");
    const deadline = performance.now() + patience;
    while (buffer.length > 0)
      try {
        buffer = buffer.subarray(writeSync(this.#fd, buffer, 0, this.#cut(buffer)));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EAGAIN" || performance.now() > deadline) return;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, retryMs);
      }
  }
}
