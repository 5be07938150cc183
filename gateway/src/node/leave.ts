/** What libuv's thread pool may have in hand: files and pipes, and the look-up of names. */
const pooled = /^(?:FSReq|GetAddrInfo|GetNameInfo)/;

/**
 * Ends this process, now. `process.exit` waits for the threads of libuv's pool, also for one that writes to a reader who
 * does not read, or asks a resolver that does not answer. SIGKILL would end them, but not PID 1 of a container, whose
 * kernel ignores it from inside. Another program in place of this one ends threads everywhere, and keeps the exit code.
 * (Seen on Node 22.21, 24.9, 24.21 and 26.12: exit and reallyExit hang, also as PID 1; SIGKILL does nothing as PID 1.)
 */
export function leave(code: number): never {
  if (process.getActiveResourcesInfo().some((name) => pooled.test(name))) {
    try {
      // An empty environment: what NODE_OPTIONS or a worker's channel ask for is not for this program.
      process.execve?.(process.execPath, [process.execPath, "-e", `process.exit(${code})`], {});
    } catch {
      // Its file is gone, or the system forbids it.
    }
    process.kill(process.pid, "SIGKILL");
  }
  process.exit(code);
}
