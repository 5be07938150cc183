import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { restoreUploads, uploadsScript, verifyUploads } from "./uploads.ts";

let home = "";
const volume = () => join(home, "up/files");
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "beat-uploads-"));
  for (const folder of ["bin", "up/files/.restore"]) mkdirSync(join(home, folder), { recursive: true });
  // A service may call its own as it likes.
  for (const name of ["cat.png", "dog.png", ".restore/own"]) writeFileSync(join(volume(), name), name);
});
afterEach(() => rmSync(home, { recursive: true }));

const run = (script: string) => {
  const here = script
    .replaceAll("/backups", join(home, "kept"))
    .replaceAll("/uploads/", `${home}/up/`)
    .replaceAll("/tmp/$1", `${home}/t/$1`);
  return spawnSync("bash", ["--norc", "-c", here], {
    encoding: "utf8",
    env: { PATH: `${home}/bin:${process.env.PATH}` },
  });
};
const save = uploadsScript(["files"], { keepDays: 14 });
const restore = (from = "latest") => run(restoreUploads({ database: "files", from, fetched: false }).script);
const files = (): string[] => readdirSync(volume(), { recursive: true, encoding: "utf8" }).sort();

/** A program that kills the script once it has done what it should. */
const killing = (name: string, when: string): void => {
  const real = spawnSync("bash", ["-c", `type -P ${name}`], { encoding: "utf8" }).stdout.trim();
  writeFileSync(
    join(home, "bin", name),
    `#!/bin/bash\n${real} "$@"; result=$?\ncase " $* " in *"${when}"*) kill -9 $PPID ;; esac\nexit $result\n`,
    { mode: 0o755 },
  );
};

test.each([
  ["while it unpacks", "tar", " -xzpf "],
  ["while it takes the place of what was there", "find", " rm -rf "],
])("a restore that is killed %s is in no later backup, and hinders no restore", (_when, tool, when) => {
  const before = files();
  expect(run(save).status).toBe(0);
  killing(tool, when);
  expect(restore().signal).toBe("SIGKILL");
  rmSync(join(home, "bin", tool));
  const left = files().filter((name) => !name.startsWith(".beat-restore"));
  // The name of the first backup is of another second.
  spawnSync("sleep", ["1.1"]);
  expect(run(save)).toMatchObject({
    status: 0,
    stderr: expect.stringContaining("a restore of files was killed"),
  });
  expect(run(verifyUploads(["files"])).status).toBe(0);
  expect(restore()).toMatchObject({ status: 0, stdout: expect.stringContaining("files is restored") });
  expect(files()).toEqual(left);
  const first = readdirSync(join(home, "kept/uploads/files")).filter((name) => /Z\.tar\.gz$/.test(name))[0];
  expect(restore(first).status).toBe(0);
  expect(files()).toEqual(before);
  expect(existsSync(join(volume(), ".beat-restore"))).toBe(false);
});

test("a service that goes on writing while its files are replaced hinders no restore", () => {
  mkdirSync(join(volume(), "avatars"));
  writeFileSync(join(volume(), "avatars/1.png"), "1");
  const before = files();
  expect(run(save).status).toBe(0);
  const real = spawnSync("bash", ["-c", "type -P find"], { encoding: "utf8" }).stdout.trim();
  // Once what was there is gone it makes a folder anew, and a file where the backup has another.
  const late = `mkdir -p ${volume()}/avatars ${volume()}/cat.png && echo late > ${volume()}/avatars/late.png`;
  writeFileSync(
    join(home, "bin/find"),
    `#!/bin/bash\n${real} "$@"; result=$?\ncase " $* " in *" -exec rm "*) ${late} ;; esac\nexit $result\n`,
    { mode: 0o755 },
  );
  const { status, stdout } = restore();
  expect([status, stdout]).toEqual([0, expect.stringContaining("files is restored from")]);
  expect(files()).toEqual(before);
});
