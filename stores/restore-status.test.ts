import { spawn, spawnSync } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { statusScript } from "./backup-status.ts";
import { restoringScript } from "./restore-status.ts";
import { restoreUploads, uploadsScript } from "./uploads.ts";

let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "beat-restoring-"));
  for (const folder of ["bin", "uploads/files"]) mkdirSync(join(home, folder), { recursive: true });
  writeFileSync(join(home, "uploads/files/1"), "as it was saved");
  expect(run(uploadsScript(["files"], { keepDays: 3 })).status).toBe(0);
  writeFileSync(join(home, "uploads/files/1"), "as it was");
});
afterEach(() => rmSync(home, { recursive: true }));

/** With folders of its own in place of a container's. */
const here = (script: string): string =>
  script
    .replaceAll("/backups", `${home}/backups`)
    .replaceAll("/uploads/", `${home}/uploads/`)
    .replaceAll("/tmp/$1", `${home}/t/$1`);
const environment = () => ({ PATH: `${home}/bin:${process.env.PATH}` });
const run = (script: string) =>
  spawnSync("bash", ["--norc", "-c", here(script)], { encoding: "utf8", env: environment() });
const real = (name: string): string =>
  spawnSync("bash", ["-c", `type -P ${name}`], { encoding: "utf8" }).stdout.trim();
/** What a tool does in place of what it is there for; `$real` is that. */
const tool = (name: string, script: string): void =>
  writeFileSync(join(home, "bin", name), `#!/bin/bash\nreal=${real(name)}\n${script}\n`, { mode: 0o755 });
const restore = restoreUploads({ database: "files", from: "latest", fetched: false }).script;
/** What the status tells of restores, without the time. */
const told = (): string[] =>
  run(statusScript({ store: "uploads", source: "uploads-core", parts: ["files", "others"] }))
    .stdout.trim()
    .split("\n")
    .filter((line) => line.startsWith("restor"))
    .map((line) => line.replace(/ \d{8}T\d{6}Z /, " "));

test("a restore is told while it is under way, and what it came to", async () => {
  expect(told()).toEqual([]);
  // It unpacks until it is let go on.
  tool(
    "tar",
    `case "$*" in *xzpf*) while [ ! -e ${home}/go ]; do sleep 0.05; done ;; esac; exec "$real" "$@"`,
  );
  const child = spawn("bash", ["--norc", "-c", here(restore)], { env: environment(), stdio: "ignore" });
  const ended = new Promise((resolve) => child.once("close", resolve));
  while (!existsSync(join(home, "uploads/files/.beat-restore"))) await new Promise((r) => setTimeout(r, 20));
  expect(told()).toEqual(["restoring uploads/files", "restore begun uploads/files"]);
  expect(run(restoringScript).stdout).toBe("restoring uploads/files\n");
  writeFileSync(join(home, "go"), "");
  expect(await ended).toBe(0);
  expect(told()).toEqual(["restore ok uploads/files"]);
  expect(run(restoringScript).stdout).toBe("");
});

test("one that was killed is told apart by what it had replaced", () => {
  tool("tar", `case "$*" in *xzpf*) kill -9 $PPID ;; esac; exec "$real" "$@"`);
  expect(run(restore).signal).toBe("SIGKILL");
  expect(told()).toEqual(["restore begun uploads/files"]);
  rmSync(join(home, "bin/tar"));
  tool("find", `case "$*" in *"-exec rm"*) kill -9 $PPID ;; esac; exec "$real" "$@"`);
  expect(run(restore).signal).toBe("SIGKILL");
  expect(told()).toEqual(["restore replacing uploads/files"]);
  rmSync(join(home, "bin/find"));
  expect(run(restore).status).toBe(0);
  expect(told()).toEqual(["restore ok uploads/files"]);
  expect(readFileSync(join(home, "uploads/files/1"), "utf8")).toBe("as it was saved");
});

test("one that failed is told apart by what it had replaced, and says so with what mends it", () => {
  const { stderr } = run(restore.replace("from='latest'", "from='20260101T000000Z.tar.gz'"));
  expect(stderr).toContain("there is no backup");
  expect(stderr).not.toContain("restore again");
  expect(told()).toEqual(["restore unchanged uploads/files"]);
  tool("find", `case "$*" in *"-exec rm"*) exit 1 ;; esac; exec "$real" "$@"`);
  const half = run(restore);
  expect(half.status).not.toBe(0);
  expect(half.stderr).toMatch(
    /some of files may be .*: \.\/beat restore --store uploads --database files --from \S+\.before-restore\.tar\.gz\n$/,
  );
  expect(told()).toEqual(["restore failed uploads/files"]);
});

test("one that is asked for while its status is read is not refused", () => {
  const lock = join(home, "backups/.parts/uploads.files.restore");
  appendFileSync(lock, "");
  spawn("flock", ["-s", lock, "sleep", "0.5"], { stdio: "ignore" });
  while (spawnSync("flock", ["-n", lock, "true"]).status === 0);
  expect(run(restore)).toMatchObject({ status: 0, stderr: "" });
});
