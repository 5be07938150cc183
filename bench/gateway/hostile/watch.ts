import { readdirSync, readFileSync, statSync } from "node:fs";
import { stat, ticksPerSecond } from "../process.ts";

/** What a process holds. */
export interface Use {
  /** Resident bytes. */
  readonly resident: number;
  readonly files: number;
}

/** Looks at a proxy, which is one process, often enough to see the most it held, and cheaply enough not to disturb. */
export class Watch {
  readonly #pid: number;
  #most: Use = { resident: 0, files: 0 };
  #cpu = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(pid: number) {
    this.#pid = pid;
  }

  /** What it holds; nothing once it is gone. */
  now(): Use {
    try {
      const status = readFileSync(`/proc/${this.#pid}/status`, "latin1");
      return {
        resident: 1024 * Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0),
        files: openFiles(this.#pid),
      };
    } catch {
      return { resident: 0, files: 0 };
    }
  }

  /** Processor time so far; of one that is gone, what it had at the last look. */
  cpu(): number {
    const fields = stat(this.#pid);
    if (fields !== undefined) this.#cpu = (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
    return this.#cpu;
  }

  begin(): void {
    this.#most = this.now();
    this.#timer = setInterval(() => this.#look(), 200);
  }

  end(): Use {
    clearInterval(this.#timer);
    this.#look();
    return this.#most;
  }

  #look(): void {
    const { resident, files } = this.now();
    const most = this.#most;
    this.#most = { resident: Math.max(most.resident, resident), files: Math.max(most.files, files) };
    this.cpu();
  }
}

/** Since Linux 6.2 the size of the folder is the number of files; earlier ones have to be listed. */
const openFiles = (pid: number): number =>
  statSync(`/proc/${pid}/fd`).size || readdirSync(`/proc/${pid}/fd`).length;
