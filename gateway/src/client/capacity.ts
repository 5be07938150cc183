import { readFileSync } from "node:fs";
import type { Settings } from "../settings.ts";

/** Connections of clients that a process takes. */
export interface Capacity {
  readonly connections: number;
  /** So many more are told that there are too many; the rest is closed without a word. */
  readonly reserve: number;
}

/** Files that a process needs for itself. */
const ownFiles = 32;

/**
 * What the settings and the system allow. A connection may need a second file, for the one to its upstream; where files
 * run out the kernel's queue would be closed without an answer, a count or a line in the log.
 */
export function capacityOf(
  { maxConnections, workers }: Pick<Settings, "maxConnections" | "workers">,
  files = openFilesLimit(),
): Capacity {
  const byFiles = Math.max(1, Math.floor((files - ownFiles) / 2));
  const connections = Math.min(Math.ceil(maxConnections / workers), byFiles);
  return { connections, reserve: Math.min(256, Math.max(4, connections >> 3)) };
}

/** How many files this process may open; Node has raised the limit as far as it may. Infinity where none is known. */
function openFilesLimit(): number {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
    return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
