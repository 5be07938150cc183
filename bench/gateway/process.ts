import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { get } from "node:http";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const children = new Set<ChildProcess>();
const killAll = () => {
  for (const child of children) child.kill("SIGKILL");
};
process.on("exit", killAll);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130));

/** How to start a process: its command line, extra environment, the cores it may use and where its output goes. */
export interface Launch {
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A core list as `taskset -c` takes it; unset: any core. */
  readonly cores?: string | undefined;
  /** A file that standard output is appended to; default: discarded. */
  readonly output?: string | undefined;
}

/** Starts a process that is killed when this one ends. Its standard error goes to ours. */
export function launch({
  command,
  env = {},
  cores,
  output,
}: Launch): ChildProcess & { readonly pid: number } {
  const pinned = cores === undefined ? command : ["taskset", "-c", cores, ...command];
  const child = spawn(pinned[0] as string, pinned.slice(1), {
    env: { ...process.env, ...env },
    stdio: ["ignore", output === undefined ? "ignore" : openSync(output, "a"), "inherit"],
  });
  if (child.pid === undefined) throw new Error(`${command[0]} cannot be started`);
  children.add(child);
  child.once("exit", () => children.delete(child));
  return child as ChildProcess & { readonly pid: number };
}

/** Ends a process and waits until it is gone; SIGKILL after five seconds. */
export async function end(child: ChildProcess, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const timer = setTimeout(() => child.kill("SIGKILL"), 5_000);
  child.kill(signal);
  await once(child, "exit");
  clearTimeout(timer);
}

/** Whether a program is on the PATH. */
export const installed = (program: string): boolean =>
  (process.env.PATH ?? "").split(":").some((folder) => {
    try {
      return readdirSync(folder).includes(program);
    } catch {
      return false;
    }
  });

/** @throws when something listens on the port already: a figure would be that program's, not the one named. */
export async function expectFree(port: number, what: string): Promise<void> {
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch {
    throw new Error(`port ${port}, meant for ${what}, is taken: stop what listens there, or pass --port`);
  }
  server.close();
  await once(server, "close");
}

/** Waits until a GET is answered 200. @throws after ten seconds. */
export async function untilServing(port: number, path: string, what: string): Promise<void> {
  const deadline = performance.now() + 10_000;
  while ((await statusOf(port, path)) !== 200) {
    if (performance.now() > deadline) throw new Error(`${what} does not answer ${path} on port ${port}`);
    await sleep(25);
  }
}

/** The status of one GET on a connection of its own; 0 when there is no answer. */
export const statusOf = (port: number, path: string): Promise<number> =>
  new Promise((resolve) => {
    get({ port, path, host: "127.0.0.1", agent: false, timeout: 2_000 }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on("error", () => resolve(0))
      .on("timeout", function (this: { destroy(): void }) {
        this.destroy();
      });
  });

export const ticksPerSecond = 100; // USER_HZ of Linux, the same on every architecture we meet.

/** A process and all its descendants. */
export function family(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync("/proc")) {
    const fields = /^\d+$/.test(entry) ? stat(Number(entry)) : undefined;
    if (fields !== undefined) parents.set(Number(entry), Number(fields[1]));
  }
  const found = [pid];
  for (const member of found) for (const [child, parent] of parents) if (parent === member) found.push(child);
  return found;
}

/** The fields of /proc/PID/stat after the command name, beginning with the state (proc(5)). */
export function stat(pid: number): string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, "latin1")
      .replace(/^.*\) /s, "")
      .split(" ");
  } catch {
    return undefined;
  }
}

/** Seconds of processor time, user and system, of a process and its descendants. */
export const cpuSeconds = (pid: number): number =>
  family(pid).reduce((sum, member) => {
    const fields = stat(member);
    return sum + (Number(fields?.[11] ?? 0) + Number(fields?.[12] ?? 0)) / ticksPerSecond;
  }, 0);

/**
 * Seconds that all programs together have used of one core, without interrupts, and what the hypervisor gave to
 * other machines (proc_stat(5)).
 */
export function coreSeconds(core: string): number {
  const line = readFileSync("/proc/stat", "utf8")
    .split("\n")
    .find((each) => each.startsWith(`cpu${core} `));
  const [user = 0, nice = 0, system = 0, , , , , steal = 0] = (line ?? "").split(" ").slice(1).map(Number);
  return (user + nice + system + steal) / ticksPerSecond;
}

/** Resident memory of a process and its descendants, in bytes; pages they share are counted once for each. */
export const residentBytes = (pid: number): number =>
  family(pid).reduce((sum, member) => {
    try {
      return (
        sum + 1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${member}/status`, "utf8"))?.[1] ?? 0)
      );
    } catch {
      return sum;
    }
  }, 0);

/** Open files of a process by kind, such as `socket` or `pipe`. */
export function openFiles(pid: number): { readonly all: number; readonly sockets: number } {
  const names = readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      return "";
    }
  });
  return { all: names.length, sockets: names.filter((name) => name.startsWith("socket:")).length };
}

/**
 * Runs `body` while the lock of `file` is held, so that measurements on a machine that others use do not overlap
 * with their work. Without a file, just runs it.
 */
export async function underLock<T>(file: string | undefined, body: () => Promise<T>): Promise<T> {
  if (file === undefined) return body();
  const holder = spawn("flock", ["-x", file, "sh", "-c", "echo held; exec cat"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  await once(holder.stdout, "data");
  try {
    return await body();
  } finally {
    holder.stdin.end();
    await once(holder, "exit");
  }
}
