import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { afterEach, expect, test, vi } from "vitest";
import { projectRoot } from "../stacks/program.ts";
import { abandonedBy, lockedProblem, locksIn, runUnderWay, withLock } from "./lock.ts";

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

afterEach(() => void vi.unstubAllEnvs());

/** What is told of a stack while a lock of it lies in the folder of its state. */
function withLockOf(host: string, pid: number, minutesAgo: number) {
  const state = mkdtempSync(join(tmpdir(), "beat-lock-"));
  vi.stubEnv("PULUMI_BACKEND_URL", `file://${state}`);
  const folder = join(state, ".pulumi/locks/organization/beat-ecoprove/prod");
  mkdirSync(folder, { recursive: true });
  const timestamp = new Date(Date.now() - minutesAgo * 60_000).toISOString();
  writeFileSync(
    join(folder, "d175.json"),
    JSON.stringify({ pid, username: "ana", hostname: host, timestamp }),
  );
  try {
    const left = abandonedBy("prod", projectRoot);
    return Object.assign([runUnderWay("prod", projectRoot), runUnderWay("dev", projectRoot)], { left });
  } finally {
    rmSync(state, { recursive: true });
  }
}

test("a run that is under way is told with whose it is, and is not to be cancelled", () => {
  const [other, none] = withLockOf(hostname(), process.pid, 300);
  expect(other).toEqual({
    path: "prod",
    message: expect.stringMatching(
      new RegExp(`^another run is under way since \\S+Z, of ana@${hostname()} \\(process ${process.pid}\\)$`),
    ),
    fix: "wait until it has ended",
  });
  expect(none).toBeUndefined();
  expect(withLockOf("elsewhere", gone, 5)[0]?.message).toContain("of ana@elsewhere");
});

test("a lock whose run has ended, or may have, is none", () => {
  expect(withLockOf(hostname(), gone, 1)[0]).toBeUndefined();
  expect(withLockOf("elsewhere", gone, 90)[0]).toBeUndefined();
});

test("of Pulumi's own refusal the same is told; where a killed run may have left the lock, how to take it away", () => {
  const told = (host: string, pid: number) => lockedProblem("prod", locksIn(message(host, pid)));
  expect(told(hostname(), process.pid).fix).toBe("wait until it has ended");
  expect(told(hostname(), process.pid).message).toContain("since 2026-11-24T21:57:58Z, of root@");
  for (const [host, pid] of [
    [hostname(), gone],
    ["elsewhere", 1],
  ] as const)
    expect(told(host, pid).fix).toContain("when there is none: pulumi cancel --stack prod");
});

test("the lock that a killed run left is known before the next run takes it away", () => {
  expect(withLockOf(hostname(), gone, 1).left).toEqual([gone]);
  expect(withLockOf(hostname(), process.pid, 1).left).toEqual([]);
  expect(withLockOf("another", gone, 1).left).toEqual([]);
});
