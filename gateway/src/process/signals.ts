import { constants } from "node:os";
import type { AccessLog } from "../observe/access-log.ts";

/** What a stop has to end. Until there is anything, there is nothing to do. */
export interface Stop {
  /** Whether a signal has come. */
  asked: boolean;
  /** Lets what is under way finish. */
  drain: () => Promise<void>;
  /** Ends what is left when there is no time to drain. */
  abandon: () => void;
}

/**
 * Drains on the first SIGTERM or SIGINT and leaves with 0; a second one leaves at once with 128 + its number. Handlers
 * are needed, and from the start: as PID 1 of a container a process has no default action for these signals.
 * @returns what is done then, for the caller to set as it comes up.
 */
export function stopOnSignals(log: AccessLog): Stop {
  const stop: Stop = { asked: false, drain: async () => {}, abandon() {} };
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.on(signal, () => {
      if (stop.asked) {
        log.event("stopped-at-once", { signal });
        log.flush();
        stop.abandon();
        process.exit(128 + constants.signals[signal]);
      }
      stop.asked = true;
      log.event("draining", { signal });
      log.flush();
      void stop.drain().then(async () => {
        log.event("stopped");
        await log.close();
        process.exit(0);
      });
    });
  return stop;
}
