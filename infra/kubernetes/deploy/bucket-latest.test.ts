import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { kindsWithBackup, storeOf } from "../../../stores/index.ts";
import { uploadsName, uploadsSuffix } from "../../../stores/uploads.ts";
import { fetchScript, uploadScript } from "./bucket-scripts.ts";

const saved = [
  ...kindsWithBackup.map((kind) => [kind, storeOf(kind).backup?.suffix ?? ""] as const),
  [uploadsName, uploadsSuffix] as const,
];

// In place of rclone, a program that lists one backup with its manifest and copies nothing.
test.each(saved)("the latest backup of %s, which ends in %s, is found in a bucket", (store, suffix) => {
  const home = mkdtempSync(join(tmpdir(), "beat-latest-"));
  try {
    mkdirSync(join(home, "bin"));
    const name = `20260102T000000Z${suffix}`;
    const listing = `printf '%s\\n' ${name} ${name}.manifest`;
    writeFileSync(
      join(home, "bin", "rclone"),
      `#!/bin/sh\ncase "$1" in lsf) ${listing} ;; copyto) : > "$3" ;; esac\n`,
      { mode: 0o755 },
    );
    const script = fetchScript(store, "part", "latest").replaceAll("/backups/", `${home}/backups/`);
    const { status, stderr } = spawnSync("sh", ["-c", script], {
      encoding: "utf8",
      env: { PATH: `${join(home, "bin")}:${process.env.PATH}`, BACKUPS: "backups:beat/prod" },
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(readdirSync(join(home, "backups", store, "part")).sort()).toEqual([name, `${name}.manifest`]);
  } finally {
    rmSync(home, { recursive: true });
  }
});

test.each(saved)("an upload of %s that is cut off leaves no backup without its manifest", (store, suffix) => {
  const home = mkdtempSync(join(tmpdir(), "beat-cut-off-"));
  try {
    const [bucket, spool] = [join(home, "bucket"), join(home, "spool", store, "part")];
    for (const folder of [join(home, "bin"), bucket, spool]) mkdirSync(folder, { recursive: true });
    const name = `20260102T000000Z${suffix}`;
    for (const file of [name, `${name}.manifest`]) writeFileSync(join(spool, file), "x");
    writeFileSync(
      join(home, "bin", "rclone"),
      `#!/bin/sh\nif [ -n "$(ls ${bucket})" ]; then exit 1; fi\nmv "$2" ${bucket}/\n`,
      { mode: 0o755 },
    );
    const script = uploadScript(3, store, ["part"]).replaceAll("/backups", join(home, "spool"));
    const { status } = spawnSync("sh", ["-c", script], {
      encoding: "utf8",
      env: { PATH: `${join(home, "bin")}:${process.env.PATH}`, BACKUPS: "backups:beat/prod" },
    });
    expect(status).not.toBe(0);
    expect(readdirSync(bucket)).toEqual([`${name}.manifest`]);
  } finally {
    rmSync(home, { recursive: true });
  }
});
