import { constants } from "node:os";
import type { AccessLog } from "../observe/access-log.ts";

/**
 * Drains on the first SIGTERM or SIGINT and leaves with 0; a second one leaves at once with 128 + its number. Handlers
 * are needed: as PID 1 of a container a process has no default action for these signals.
 * @param abandon what must still be ended when there is no time to drain.
 */
export function stopOnSignals(
  log: AccessLog,
  drain: () => Promise<void>,
  abandon: () => void = () => {},
): void {
  let stopping = false;
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.on(signal, () => {
      if (stopping) {
        log.event("stopped-at-once", { signal });
        log.flush();
        abandon();
        process.exit(128 + constants.signals[signal]);
      }
      stopping = true;
      log.event("draining", { signal });
      log.flush();
      void drain().then(async () => {
        log.event("stopped");
        await log.close();
        process.exit(0);
      });
    });
}
