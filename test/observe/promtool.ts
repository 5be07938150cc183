import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const named = process.env.BEAT_PROMTOOL ?? "promtool";

/** Whether there is a promtool: on PATH, or where BEAT_PROMTOOL says. */
export const hasPromtool = spawnSync(named, ["--version"]).status === 0;
/** What stands in the name of a test that is skipped without it. */
export const withoutPromtool = hasPromtool ? "" : " (there is no promtool on PATH, nor BEAT_PROMTOOL)";

/** Runs promtool in a folder with some files. @returns what it says; empty when all is well. */
export function promtool(files: Readonly<Record<string, unknown>>, ...args: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "beat-rules-"));
  try {
    // JSON is YAML.
    for (const [name, content] of Object.entries(files))
      writeFileSync(join(folder, name), JSON.stringify(content));
    const { status, stdout, stderr } = spawnSync(named, args, {
      cwd: folder,
      encoding: "utf8",
      // It writes a store of metrics for each test: on a slow disk that takes longer than all the rest.
      env: { ...process.env, ...(existsSync("/dev/shm") && { TMPDIR: "/dev/shm" }) },
    });
    return status === 0 ? "" : `${stdout}${stderr}` || `promtool ended with ${status}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
