import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { statusScript } from "./backup-status.ts";
import { uploadsScript, verifyUploads } from "./uploads.ts";

let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "beat-status-"));
  for (const folder of ["backups", "tmp", "bin", "uploads/a-files", "uploads/b-files"])
    mkdirSync(join(home, folder), { recursive: true });
  for (const volume of ["a-files", "b-files"]) writeFileSync(join(home, "uploads", volume, "1"), "x");
});
afterEach(() => rmSync(home, { recursive: true }));

/** Runs a script on a day of November, with folders of its own in place of the container's. */
function run(script: string, day = 1) {
  tool("date", `exec ${realDate} -d 2026-11-${String(day).padStart(2, "0")}T02:17Z "$@"`);
  const moved = script
    .replaceAll(/"\/(backups|tmp)\b/g, `"${home}/$1`)
    .replaceAll("/uploads/$", `${home}/uploads/$`);
  const { status, signal, stdout, stderr } = spawnSync("bash", ["--norc", "-c", moved], {
    encoding: "utf8",
    env: { PATH: `${home}/bin:${process.env.PATH}` },
  });
  return { status, signal, stdout, stderr };
}
const realFlock = spawnSync("bash", ["-c", "type -P flock"], { encoding: "utf8" }).stdout.trim();
const realDate = spawnSync("bash", ["-c", "type -P date"], { encoding: "utf8" }).stdout.trim();
const tool = (name: string, script: string): void =>
  writeFileSync(join(home, "bin", name), `#!/bin/bash\n${script}\n`, { mode: 0o755 });
const save = (source: "a" | "b", day: number, drillDays?: number) =>
  run(uploadsScript([`${source}-files`], { keepDays: 14, drillDays }, [], `uploads-${source}`), day);
const told = (source: "a" | "b"): string[] => asked(source).filter((line) => line !== "idle");
const asked = (source: "a" | "b"): string[] =>
  run(statusScript({ store: "uploads", source: `uploads-${source}` }))
    .stdout.trim()
    .split("\n");

test("services that share the store `uploads` have each a status and a drill of their own", () => {
  save("a", 1, 7);
  save("b", 1, 7);
  rmSync(join(home, "uploads/a-files"), { recursive: true });
  expect(save("a", 2, 7).status).toBe(1);
  save("b", 2, 7);
  expect(told("a")).toEqual([
    "backup 20261101T021700Z ok uploads-a",
    "backup 20261102T021700Z failed uploads-a",
    expect.stringMatching(/^drill 20261101T021700Z ok uploads\/a-files /),
  ]);
  expect(told("b")).toEqual([
    "backup 20261102T021700Z ok uploads-b",
    expect.stringMatching(/^drill 20261101T021700Z ok uploads\/b-files /),
  ]);
});

test("of one that is killed its beginning stays, beside the last that is good", () => {
  save("a", 1);
  tool("tar", "kill -9 $PPID");
  expect(save("a", 2).signal).toBe("SIGKILL");
  expect(asked("a").at(-1)).toBe("idle");
  const lock = join(home, "backups/.parts/uploads.lock");
  tool("flock", `exec ${realFlock} "${lock}" ${realFlock} "$@"`);
  expect(asked("a").at(-1)).not.toBe("idle");
  rmSync(join(home, "bin/flock"));
  expect(told("a")).toEqual([
    "backup 20261101T021700Z ok uploads-a",
    "backup 20261102T021700Z begun uploads-a",
  ]);
  rmSync(join(home, "bin/tar"));
  expect(save("a", 3).stdout).toMatch(
    /^before: backup 20261101T021700Z ok uploads-a\nbefore: backup 20261102T021700Z begun /,
  );
  expect(told("a")).toEqual(["backup 20261103T021700Z ok uploads-a"]);
});

test.each([
  ["ends", `echo "backup 20261102T021700Z ok uploads-a" > "$status"; rm -f "$held"; sleep 0.3`],
  [
    "begins",
    `flock -n "$lock" bash -c 'echo "backup 20261103T021700Z begun uploads-a" > '"$status"; touch "$held"`,
  ],
])("one that %s while its status is asked was not killed", (what, then) => {
  save("a", 1);
  const [lock, status, held] = ["backups/.parts/uploads.lock", "backups/.status/uploads-a", "held"].map(
    (name) => join(home, name),
  );
  const names = `lock=${lock} status=${status} held=${held}`;
  if (what === "ends") {
    writeFileSync(join(home, "backups/.status/uploads-a"), "backup 20261102T021700Z begun uploads-a\n");
    const hold = `${names}; touch "$held"; (flock 8; while [ -e "$held" ]; do sleep 0.05; done) 8> "$lock" > /dev/null 2>&1 & sleep 0.1`;
    spawnSync("bash", ["-c", hold], { stdio: "ignore" });
  }
  const read = what === "ends" ? '/bin/grep "$@"; happen' : 'happen; /bin/grep "$@"';
  tool("grep", `${names}; happen() { ${then}; }; case "$*" in *.status/*) ${read} ;; esac`);
  const lines = asked("a");
  rmSync(join(home, "bin/grep"));
  expect(lines.some((line) => line.includes(" begun ")) && lines.includes("idle")).toBe(false);
  expect(asked("a")).toContain("idle");
});

test("what a clock told that was ahead is not known any more to one that fails since: its time comes", () => {
  save("a", 3);
  rmSync(join(home, "uploads/a-files"), { recursive: true });
  save("a", 2);
  expect(told("a")).toEqual(["backup 20261102T021700Z failed uploads-a"]);
});

test("one that is ended from outside, or cannot begin, has failed", () => {
  save("a", 1);
  tool("tar", "kill -TERM $PPID; sleep 1");
  expect(save("a", 2).signal).toBe("SIGTERM");
  expect(told("a").at(-1)).toBe("backup 20261102T021700Z failed uploads-a");
  tool("flock", "exit 1");
  expect(save("a", 3)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("has been running for two hours"),
  });
  expect(told("a").at(-1)).toBe("backup 20261103T021700Z failed uploads-a");
});

test("where nothing can be written the status is kept beside it, until something can", () => {
  save("a", 1);
  tool(
    "mkdir",
    `case "$*" in *backups*) echo "mkdir: Read-only file system" >&2; exit 1 ;; esac; exec /bin/mkdir "$@"`,
  );
  expect(save("a", 2).status).toBe(1);
  expect(told("a")).toEqual([
    "backup 20261101T021700Z ok uploads-a",
    "backup 20261101T021700Z ok uploads-a",
    "backup 20261102T021700Z failed uploads-a",
  ]);
  rmSync(join(home, "bin/mkdir"));
  save("a", 3);
  expect(told("a")).toEqual(["backup 20261103T021700Z ok uploads-a"]);
  expect(readdirSync(join(home, "tmp/.status"))).toEqual([]);
});

test("a file that is damaged is named, and costs no backup", () => {
  save("a", 1, 7);
  writeFileSync(join(home, "backups/.status/uploads-a"), "");
  expect(told("a")[0]).toBe(`damaged ${home}/backups/.status/uploads-a`);
  writeFileSync(join(home, "backups/.status/uploads-a"), "backup 20261101T021700Z o");
  writeFileSync(join(home, "backups/.drill/uploads-a"), "\0\0\xff\n");
  expect(told("a")).toEqual([
    `damaged ${home}/backups/.status/uploads-a`,
    `damaged ${home}/backups/.drill/uploads-a`,
  ]);
  expect(save("a", 2, 7).status).toBe(0);
  expect(told("a")).toEqual([
    "backup 20261102T021700Z ok uploads-a",
    expect.stringMatching(/^drill 20261102T021700Z ok uploads\/a-files /),
  ]);
});

test("a drill follows when it is due, each night after one that failed or was killed, and for what none has tried", () => {
  const drills = (day: number, volumes = ["a-files"]) =>
    run(uploadsScript(volumes, { keepDays: 14, drillDays: 7 }, [], "uploads-a"), day).stdout.match(
      /^drill .*/gm,
    );
  const broken = (how: string) => tool("tar", `case "$3" in -xzf) ${how} ;; esac\nexec /bin/tar "$@"`);
  expect(drills(1)).toHaveLength(2);
  expect(drills(7)).toBeNull();
  broken("exit 2");
  expect(drills(8)?.[1]).toMatch(/^drill 20261108T021700Z failed uploads\/a-files /);
  // That the backup is good is not what the drill says.
  expect(told("a")[0]).toBe("backup 20261108T021700Z ok uploads-a");
  broken("kill -9 $PPID");
  expect(drills(9)).toEqual(["drill 20261109T021700Z begun uploads-a"]);
  expect(told("a").filter((line) => line.startsWith("drill"))).toEqual([
    expect.stringMatching(/^drill 20261108T021700Z failed /),
    "drill 20261109T021700Z begun uploads-a",
  ]);
  rmSync(join(home, "bin/tar"));
  expect(drills(10)?.[1]).toContain(" ok uploads/a-files ");
  expect(drills(11)).toBeNull();
  expect(drills(12, ["a-files", "b-files"])?.[2]).toContain(" ok uploads/b-files ");
  writeFileSync(
    join(home, "backups/.drill/uploads-a"),
    "drill 20991231T021800Z ok uploads/a-files some.tar.gz\n",
  );
  expect(drills(13)?.[1]).toContain(" ok uploads/a-files ");
});

test("a drill by hand that fails is told until another is well", () => {
  save("a", 1, 7);
  const folder = join(home, "backups/uploads/a-files");
  writeFileSync(join(folder, readdirSync(folder)[0] ?? ""), "whale");
  expect(run(verifyUploads(["a-files"], "uploads-a"), 2).status).toBe(5);
  expect(told("a").at(-1)).toMatch(/^drill 20261102T021700Z failed uploads\/a-files /);
  expect(readFileSync(join(home, "backups/.drill/uploads-a"), "utf8").split("\n")).toHaveLength(2);
});
