import { spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { restoreUploads, uploadsScript } from "./uploads.ts";

test.each([
  ["restore", restoreUploads({ database: "files", from: "latest", fetched: true }).script],
  ["backup", uploadsScript(["files"], { keepDays: 3 })],
])(
  "a %s of a volume waits for the restore of another pod, which shares the volume and not the spool",
  async (what, script) => {
    const home = mkdtempSync(join(tmpdir(), "beat-restores-"));
    const volume = join(home, "up", "files");
    const run = (script: string) => {
      const here = script
        .replaceAll("/tmp/", `${home}/`)
        .replaceAll("/backups", join(home, "spool"))
        .replaceAll("/uploads/", `${home}/up/`);
      return spawnSync("bash", ["-c", here], { encoding: "utf8" });
    };
    try {
      mkdirSync(volume, { recursive: true });
      writeFileSync(join(volume, "picture"), "a picture");
      expect(run(uploadsScript(["files"], { keepDays: 3 })).status).toBe(0);
      // Another one, which is at work for a while yet.
      const other = spawn("flock", [volume, "-c", `sleep 2; : > ${join(volume, "half")}`]);
      const ended = new Promise((resolve) => other.once("close", resolve));
      while (spawnSync("flock", ["-n", volume, "true"]).status === 0);
      // A backup that began within the same second would have the name of the other.
      expect(run(script)).toMatchObject({ status: 0, stderr: "" });
      await ended;
      if (what === "backup") {
        const [newest = ""] = readdirSync(join(home, "spool/uploads/files"))
          .filter((name) => name.endsWith(".gz"))
          .sort()
          .reverse();
        const archive = join(home, "spool/uploads/files", newest);
        expect(spawnSync("tar", ["-tzf", archive], { encoding: "utf8" }).stdout).toContain("./half");
        return;
      }
      expect(existsSync(join(volume, "half"))).toBe(false);
      expect(readFileSync(join(volume, "picture"), "utf8")).toBe("a picture");
    } finally {
      rmSync(home, { recursive: true });
    }
  },
);
