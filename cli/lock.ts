import { hostname } from "node:os";
import type { Stack } from "@pulumi/pulumi/automation/index.js";

/** One lock of a stack, as Pulumi's message names it. */
export interface Lock {
  readonly host: string;
  readonly pid: number;
}

/** The locks that a refusal of Pulumi's speaks of; empty when it speaks of something else. */
export function locksIn(message: string): Lock[] {
  return [...message.matchAll(/created by \S+@(\S+) \(pid (\d+)\)/g)].map(([, host = "", pid]) => ({
    host,
    pid: Number(pid),
  }));
}

/** Whether the process that took a lock is surely gone: only this machine's can be asked for. */
export function isAbandoned({ host, pid }: Lock): boolean {
  if (host !== hostname()) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

/**
 * Runs what needs the stack's lock. A lock that a killed process of this machine left is taken away first; one that
 * anybody may still hold stands.
 * @param say is told of a lock that was taken away.
 */
export async function withLock<T>(
  stack: Stack,
  say: (line: string) => void,
  body: () => Promise<T>,
): Promise<T> {
  try {
    return await body();
  } catch (error) {
    const locks = locksIn(String(error));
    if (locks.length === 0 || !locks.every(isAbandoned)) throw error;
    say(`  ✔ lock of a killed run removed (process ${[...new Set(locks.map(({ pid }) => pid))].join(", ")})`);
    await stack.cancel();
    return body();
  }
}
