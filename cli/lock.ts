import { existsSync, readdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import type { Problem } from "../core/problems.ts";
import { stateProject } from "../infra/operate/state-file.ts";

/** One lock of a stack, as Pulumi writes it. */
export interface Lock {
  readonly user: string;
  readonly host: string;
  readonly pid: number;
  /** When it was taken; undefined where nobody can read it. */
  readonly since: Date | undefined;
}

/** Longer than any run takes, milliseconds: an older lock of another machine may be one that a killed run left. */
const longestRun = 3_600_000;

/** The locks that a refusal of Pulumi's speaks of; empty when it speaks of something else. */
export function locksIn(message: string): Lock[] {
  return [...message.matchAll(/created by (\S+)@(\S+) \(pid (\d+)\)(?: at (\S+))?/g)].map(
    ([, user = "", host = "", pid, time]) => ({ user, host, pid: Number(pid), since: dateOf(time) }),
  );
}

/**
 * The locks of a stack in a folder of state; none where the state lies elsewhere, whose service says so itself.
 * Source: Pulumi, `backend/diy/lock.go`.
 */
export function locksOf(stack: string, root: string): Lock[] {
  const { folder } = stateProject(root);
  const locks = folder && join(folder, ".pulumi/locks");
  if (locks === undefined || !existsSync(locks)) return [];
  return readdirSync(locks, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".json") && basename(dirname(path)) === stack)
    .flatMap((path) => {
      try {
        const text = readFileSync(join(locks, path), "utf8");
        const { username, hostname: host, pid, timestamp } = JSON.parse(text) as Record<string, unknown>;
        return [
          { user: String(username), host: String(host), pid: Number(pid), since: dateOf(String(timestamp)) },
        ];
      } catch {
        // It went while it was read.
        return [];
      }
    });
}

const dateOf = (text = ""): Date | undefined => {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? undefined : date;
};

/** Whether a lock is surely one of a run that is under way: of another machine's process nobody here can tell. */
function isHeld(lock: Lock): boolean {
  if (lock.host === hostname()) return !isAbandoned(lock);
  return lock.since !== undefined && Date.now() - lock.since.getTime() < longestRun;
}

/** What is told of a stack that is in use. @param locks those that were found; of some nobody may know whose they are. */
export function lockedProblem(stack: string, locks: readonly Lock[]): Problem {
  const held = locks.filter(isHeld);
  const [first] = held;
  if (first === undefined || held.length < locks.length)
    return {
      path: stack,
      message: "another run holds its lock, or was killed and left it",
      fix: `wait for that run; when there is none: pulumi cancel --stack ${stack}`,
    };
  const since = first.since === undefined ? "" : ` since ${first.since.toISOString().slice(0, 19)}Z`;
  return {
    path: stack,
    message: `another run is under way${since}, of ${first.user}@${first.host} (process ${first.pid})`,
    fix: "wait until it has ended",
  };
}

/** The run of a stack that is under way now, if there is one for certain. */
export function runUnderWay(stack: string, root: string): Problem | undefined {
  const held = locksOf(stack, root).filter(isHeld);
  return held.length === 0 ? undefined : lockedProblem(stack, held);
}

/** The processes of this machine that were killed while they held the stack's lock. */
export const abandonedBy = (stack: string, root: string): number[] => [
  ...new Set(
    locksOf(stack, root)
      .filter(isAbandoned)
      .map(({ pid }) => pid),
  ),
];

/** Whether the process that took a lock is surely gone: only this machine's can be asked for. */
export function isAbandoned({ host, pid }: Pick<Lock, "host" | "pid">): boolean {
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
