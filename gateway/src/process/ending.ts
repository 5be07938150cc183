import { leave } from "../node/leave.ts";
import type { AccessLog } from "../observe/access-log.ts";

/** Milliseconds for the reader of the log when there is no time left. */
export const briefly = 50;

/** How a process ends. */
export interface Ending {
  readonly log: AccessLog;
  /** Milliseconds until the process ends whatever still runs. */
  readonly limit: number;
  /** Lets requests under way finish. */
  readonly drain: () => Promise<void>;
  /** What is left to do once they have: an ending without it is still an orderly one. */
  readonly finish: () => Promise<void> | void;
  /** Ends what is left when time is over. */
  readonly abandon?: () => void;
}

/**
 * Ends the process: with 0 once everything is done, and at the limit whatever hangs, with 1 if requests did.
 * Must be called once.
 */
export async function endInOrder({ log, limit, drain, finish, abandon }: Ending): Promise<void> {
  let drained = false;
  setTimeout(async () => {
    log.event("ended-late", { after_ms: limit, drained });
    await log.close(briefly);
    abandon?.();
    leave(drained ? 0 : 1);
  }, limit);
  await drain();
  drained = true;
  await finish();
  await log.close();
  leave(0);
}
