import { spawnSync } from "node:child_process";
import { constants, fstatSync, openSync, write as writeAsync, writeFileSync, writeSync } from "node:fs";

/** Milliseconds between two tries to write to a pipe that is full: 64 KiB each, so 32 MB a second at most. */
const retryMs = 2;

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
 * Lines in ASCII for a file descriptor; a reader that stops never stops the gateway, and what waits for it is bounded.
 *
 * A pipe is opened once more for writes that never wait. Anything else (a file, a socket, a terminal) is written by one
 * thread of libuv's pool at a time; while that thread waits for the reader, process.exit waits for the thread.
 */
export class Output {
  readonly #fd: number;
  readonly #pipe: number | undefined;
  readonly #most: number;
  readonly #chunk: number;
  #waiting = "";
  #unwritten: Buffer | undefined;
  /** A thread writes, or the next try is set. */
  #busy = false;
  #idle: (() => void)[] = [];

  constructor(fd: number, { most = 4_194_304, chunk = 65_536 }: OutputOptions = {}) {
    this.#fd = fd;
    this.#pipe = unblockedPipe(fd);
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

  /** Resolves when everything taken is written. */
  drained(): Promise<void> {
    return this.#busy ? new Promise((resolve) => this.#idle.push(resolve)) : Promise.resolve();
  }

  /**
   * Takes these lines too and writes what waits before it returns, for the end of the process; the reader gets `limitMs`
   * to make room. What a thread has in hand is left to it.
   */
  flushSync(lines: string, limitMs: number): void {
    this.#waiting += lines;
    if (this.#pipe !== undefined) {
      const deadline = performance.now() + limitMs;
      while (!this.#fill(this.#pipe) && performance.now() < deadline)
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, retryMs);
      return;
    }
    const input = Buffer.from(this.#waiting, "latin1");
    this.#waiting = "";
    if (input.length === 0) return;
    if (isFile(this.#fd)) writeFileSync(this.#fd, input);
    // Only another process can be made to stop waiting for a socket or a terminal.
    else
      spawnSync(process.execPath, ["-e", "process.stdin.pipe(process.stdout)"], {
        input,
        stdio: ["pipe", this.#fd, "ignore"],
        timeout: limitMs,
        killSignal: "SIGKILL",
        env: {},
      });
  }

  #next(): void {
    this.#busy = true;
    if (this.#pipe !== undefined) {
      if (this.#fill(this.#pipe)) this.#rest();
      else setTimeout(() => this.#next(), retryMs).unref();
      return;
    }
    const buffer = this.#unwritten ?? this.#take();
    this.#unwritten = buffer;
    if (buffer === undefined) return this.#rest();
    writeAsync(this.#fd, buffer, 0, this.#cut(buffer), null, (error, written) => {
      if (error?.code === "EAGAIN") return void setTimeout(() => this.#next(), retryMs).unref();
      this.#wrote(buffer, error === null || error === undefined ? written : buffer.length);
      this.#next();
    });
  }

  #rest(): void {
    this.#busy = false;
    for (const done of this.#idle.splice(0)) done();
  }

  /** Writes to a pipe until it is full. @returns whether everything is written. */
  #fill(pipe: number): boolean {
    for (;;) {
      const buffer = this.#unwritten ?? this.#take();
      this.#unwritten = buffer;
      if (buffer === undefined) return true;
      try {
        this.#wrote(buffer, writeSync(pipe, buffer, 0, this.#cut(buffer)));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EAGAIN") return false;
        // A reader that is gone takes nothing any more; the gateway goes on without its log.
        this.#wrote(buffer, buffer.length);
      }
    }
  }

  #wrote(buffer: Buffer, count: number): void {
    this.#unwritten = count < buffer.length ? buffer.subarray(count) : undefined;
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
}

/**
 * Another descriptor of the pipe at `fd`, whose writes fail with EAGAIN where they would wait; undefined when it is no
 * pipe or cannot be opened. The flag is not set on `fd` itself, which may be shared with programs that do not expect it.
 */
export function unblockedPipe(fd: number): number | undefined {
  try {
    if (!fstatSync(fd).isFIFO()) return undefined;
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
}

function isFile(fd: number): boolean {
  try {
    return fstatSync(fd).isFile();
  } catch {
    return false;
  }
}
