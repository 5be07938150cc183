import { existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";

const root = "/sys/fs/cgroup";
/** The scheduler's period, microseconds: a short one keeps a process from standing still for long. */
const periodMicros = 10_000;

/** Control groups that hold processes to a share of one core. Linux, as root; version 1 or 2 of the hierarchy. */
export class CpuShares {
  readonly #unified = existsSync(`${root}/cgroup.controllers`);
  readonly #folders: string[] = [];

  /** Gives a process, all its threads included, so much of one core. @throws where there are no control groups to write to. */
  limit(pid: number, share: number): void {
    const folder = `${root}${this.#unified ? "" : "/cpu"}/beat-bench-${pid}`;
    mkdirSync(folder);
    this.#folders.push(folder);
    const quota = Math.round(periodMicros * share);
    if (this.#unified) writeFileSync(`${folder}/cpu.max`, `${quota} ${periodMicros}`);
    else {
      writeFileSync(`${folder}/cpu.cfs_period_us`, String(periodMicros));
      writeFileSync(`${folder}/cpu.cfs_quota_us`, String(quota));
    }
    writeFileSync(`${folder}/cgroup.procs`, String(pid));
  }

  /** Removes the groups, whose processes have ended. */
  remove(): void {
    for (const folder of this.#folders.splice(0)) rmdirSync(folder);
  }
}
