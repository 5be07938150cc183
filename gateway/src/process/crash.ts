import { writeSync } from "node:fs";
import { inspect } from "node:util";
import { leave } from "../node/leave.ts";
import type { AccessLog } from "../observe/access-log.ts";
import { unblockedPipe } from "../observe/output.ts";

/** Milliseconds that the log's reader gets to make room. */
const patience = 1_000;
/** Longest stack in the log, characters: one line that a pipe takes whole. */
const longest = 3_500;

/**
 * Ends the process with 1 on an error that nobody caught. What was logged until then and a line about it are written
 * before anything else runs: what the gateway's state is worth now, nobody knows.
 */
export function endOnCrash(log: AccessLog): void {
  // Also for rejections: Node makes this event of one that nobody handles.
  process.once("uncaughtException", (error: unknown, origin) => {
    const stack = error instanceof Error ? String(error.stack) : inspect(error);
    try {
      log.event("crashed", { origin, stack: stack.slice(0, longest) });
      log.flushSync(patience);
      writeSync(unblockedPipe(2) ?? 2, `${stack}\n`);
    } finally {
      leave(1);
    }
  });
}
