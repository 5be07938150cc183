import { constants } from "node:os";
import { leave } from "../node/leave.ts";
import type { AccessLog } from "../observe/access-log.ts";
import { briefly, endInOrder } from "./ending.ts";

/** Milliseconds beyond the drain in which the rest of the process has to end: spans, the log, its own defects. */
const grace = 2_000;

/** What a stop has to end. Until there is anything, there is nothing to do. */
export interface Stop {
  /** Whether a signal has come. */
  asked: boolean;
  /** Lets what is under way finish. */
  drain: () => Promise<void>;
  /** Ends the rest, once that has finished. */
  finish: () => Promise<void> | void;
  /** Ends what is left when there is no time to drain. */
  abandon: () => void;
}

/**
 * Drains on the first SIGTERM or SIGINT and leaves with 0; a second one leaves at once with 128 + its number. Handlers
 * are needed, and from the start: as PID 1 of a container a process has no default action for these signals.
 * @param limit milliseconds that the drain takes at most; 2 s after them the process ends, whatever hangs.
 * @returns what is done then, for the caller to set as it comes up.
 */
export function stopOnSignals(log: AccessLog, limit: number): Stop {
  const stop: Stop = { asked: false, drain: async () => {}, finish() {}, abandon() {} };
  // A reload that is asked for before the table is watched, or after, must not end the process.
  process.on("SIGHUP", () => {});
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.on(signal, async () => {
      if (stop.asked) {
        log.event("stopped-at-once", { signal });
        await log.close(briefly);
        stop.abandon();
        leave(128 + constants.signals[signal]);
      }
      stop.asked = true;
      log.event("draining", { signal });
      log.flush();
      void endInOrder({
        log,
        limit: limit + grace,
        drain: () => stop.drain(),
        async finish() {
          await stop.finish();
          log.event("stopped");
        },
        abandon: () => stop.abandon(),
      });
    });
  return stop;
}
