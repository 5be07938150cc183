import { spawnSync } from "node:child_process";
import { hostname } from "node:os";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { expect, test } from "vitest";
import { withLock } from "./lock.ts";

const message = (host: string, pid: number) =>
  `error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with \`pulumi cancel\`.
  file:///p/.pulumi/locks/organization/p/dev/d175.json: created by root@${host} (pid ${pid}) at 2026-11-24T21:57:58Z`;
/** The id of a process that has ended. */
const gone = spawnSync(process.execPath, ["-e", ""]).pid;

/** A run that is refused until the lock is cancelled. */
async function attempt(text: string): Promise<{ result: string; cancelled: number }> {
  let cancelled = 0;
  const stack = {
    cancel: async () => {
      cancelled += 1;
    },
  } as unknown as Stack;
  const result = await withLock(
    stack,
    () => {},
    async () => {
      if (cancelled === 0) throw new Error(text);
      return "done";
    },
  ).catch((error: Error) => error.message);
  return { result, cancelled };
}

test("the lock of a killed process of this machine is taken away", async () => {
  expect(await attempt(message(hostname(), gone))).toEqual({ result: "done", cancelled: 1 });
});

test.each([
  ["of a living process", message(hostname(), process.pid)],
  ["of another machine", message("elsewhere", gone)],
  ["of two processes, one alive", message(hostname(), gone) + message(hostname(), process.pid)],
  ["that is none", "error: something else"],
])("a lock %s stands", async (_what, text) => {
  expect(await attempt(text)).toEqual({ result: text, cancelled: 0 });
});
