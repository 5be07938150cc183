import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { uploadsScript } from "../../stores/uploads.ts";
import { scheduleScript } from "./schedule.ts";

test("a container that is stopped while it saves tells that this backup has failed", {
  timeout: 20_000,
}, async () => {
  const home = mkdtempSync(join(tmpdir(), "beat-schedule-"));
  try {
    for (const folder of ["backups", "uploads/files", "bin", "tmp"])
      mkdirSync(join(home, folder), { recursive: true });
    const tool = (name: string, line: string) =>
      writeFileSync(join(home, "bin", name), `#!/bin/bash\n${line}\n`, { mode: 0o755 });
    // Due at once, and never done.
    tool("sleep", "exit 0");
    tool("tar", `cut -d' ' -f5 /proc/$$/stat > ${home}/saving; exec /bin/sleep 60`);
    // What tells is slow enough to be hit by a signal to its whole group, as `timeout` sends one.
    tool("sort", `/bin/sleep 1; exec "$(PATH=\${PATH#*:} command -v sort)" "$@"`);
    const save = uploadsScript(["files"], { keepDays: 3 })
      .replaceAll(/"\/(backups|tmp)\b/g, `"${home}/$1`)
      .replaceAll("/uploads/$", `${home}/uploads/$`);
    writeFileSync(join(home, "backup.sh"), save);
    const schedule = scheduleScript({ schedule: "* * * * *", timeZone: "Etc/UTC" })
      .replaceAll("/run/backup", home)
      .replaceAll("/tmp/scheduling", `${home}/scheduling`);
    const child = spawn("bash", ["--norc", "-c", schedule], {
      env: { PATH: `${home}/bin:${process.env.PATH}` },
      stdio: "ignore",
    });
    const ended = once(child, "exit");
    const group = () => (existsSync(join(home, "saving")) ? readFileSync(join(home, "saving"), "utf8") : "");
    while (!group().endsWith("\n")) await new Promise((resolve) => setTimeout(resolve, 50));
    child.kill("SIGTERM");
    await new Promise((resolve) => setTimeout(resolve, 500));
    process.kill(-Number(group()), "SIGTERM");
    expect(await ended).toEqual([0, null]);
    expect(readFileSync(join(home, "backups/.status/uploads"), "utf8")).toMatch(
      /^backup \S+ failed uploads\n$/,
    );
  } finally {
    rmSync(home, { recursive: true });
  }
});
