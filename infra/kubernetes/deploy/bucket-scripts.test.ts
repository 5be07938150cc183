import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { quoted } from "../../../core/shell.ts";
import { uploadsScript } from "../../../stores/uploads.ts";
import {
  bucketListScript,
  earlierScript,
  fetchScript,
  keepDrillScript,
  uploadScript,
} from "./bucket-scripts.ts";
import { emptyBucket, folder, key, rclone, stamp } from "./test-bucket.ts";

test.each(
  Object.entries({
    upload: uploadScript(3, "postgres", ["core_service"]),
    list: bucketListScript,
    fetch: fetchScript("postgres", "core_service", "latest"),
    earlier: earlierScript("postgres"),
    "keep drill": keepDrillScript("postgres"),
  }),
)("a POSIX shell reads the %s script", (_name, script) => {
  expect(spawnSync("sh", ["-n"], { input: script, encoding: "utf8" })).toMatchObject({
    status: 0,
    stderr: "",
  });
});

describe.skipIf(!rclone)("against an S3 server (needs rclone on the PATH)", { timeout: 60_000 }, () => {
  const { home, run, put, names, stored, spool } = emptyBucket();

  test("a dump arrives as it was and leaves the spool; the list names it", () => {
    const dump = randomBytes(7_000_000);
    put(spool, "20260102T000000Z.dump", dump);
    const { stdout, status } = run(uploadScript(3, "postgres", ["core_service"]));
    expect(stdout).toBe("saved postgres/core_service/20260102T000000Z.dump in the bucket (7000000 bytes)\n");
    expect(status).toBe(0);
    expect(readFileSync(join(stored, folder, "20260102T000000Z.dump")).equals(dump)).toBe(true);
    expect(names(spool)).toEqual([]);
    expect(run(bucketListScript).stdout).toBe("postgres core_service 20260102T000000Z.dump 7000000\n");
  });

  test("an empty bucket has no backups", () => {
    expect(run(bucketListScript)).toMatchObject({ status: 0, stdout: "" });
  });

  test("what is older than its days goes; the newest and what others put there stays", () => {
    const [old, older, within] = [`${stamp(5.1)}.dump`, `${stamp(40)}.dump`, `${stamp(3.9)}.dump`];
    const since = [`${stamp(2)}.dump`, `${stamp(1)}.dump`];
    for (const name of [
      old,
      older,
      within,
      ...since,
      `${stamp(30)}.before-restore.archive.gz`,
      "from-elsewhere.dump",
    ])
      put(stored, name, "x");
    const added = `${stamp(0)}.dump`;
    put(spool, added, "new");
    expect(run(uploadScript(3, "postgres", ["core_service"])).status).toBe(0);
    expect(names(stored)).toEqual([within, ...since, added, "from-elsewhere.dump"]);
  });

  test("a night with a clock that is ahead takes no more backups than any other night", () => {
    const all = [3, 2, 1].map((days) => `${stamp(days)}.dump`);
    for (const name of all) put(stored, name, "x");
    const left = [-40, -41].map((days) => {
      put(spool, `${stamp(days)}.dump`, "new");
      const ahead = `date() { case "$*" in *-d*) command date "$@" ;; *) command date -d "@$(($(command date +%s) + ${-days * 86_400}))" "$@" ;; esac; }`;
      expect(run(`${ahead}\n${uploadScript(3, "postgres", ["core_service"])}`).status).toBe(0);
      return all.filter((name) => names(stored).includes(name));
    });
    expect(left).toEqual([all, all.slice(1)]);
  });

  test("the newest days with a backup stay however old they are", () => {
    const all = [400, 303, 302, 301, 300].map((days) => `${stamp(days)}.dump`);
    for (const name of all.slice(0, -1)) put(stored, name, "x");
    put(spool, all.at(-1) ?? "", "y");
    expect(run(uploadScript(3, "postgres", ["core_service"])).status).toBe(0);
    expect(names(stored)).toEqual(all.slice(1));
  });

  test("an upload that is killed leaves no backup", () => {
    put(spool, "20260102T000000Z.dump", randomBytes(12_000_000));
    const { status } = run(
      `exec timeout -s KILL 2 sh -c ${quoted(uploadScript(3, "postgres", ["core_service"]))}`,
      {
        RCLONE_BWLIMIT: "2M",
      },
    );
    expect(status).not.toBe(0);
    expect(run(bucketListScript)).toMatchObject({ status: 0, stdout: "" });
    expect(names(spool)).toEqual(["20260102T000000Z.dump"]);
  });

  test("a database that could not be saved fails the job, and the others are carried", () => {
    put(spool, "20260102T000000Z.dump", "whole");
    writeFileSync(join(spool, ".failed"), "auth_service\n");
    const { status, stderr } = run(uploadScript(3, "postgres", ["core_service"]));
    expect(status).toBe(1);
    expect(stderr).toContain("not saved: auth_service");
    expect(names(stored)).toEqual(["20260102T000000Z.dump"]);
  });

  /** A night: its spool is a new one, and what tar does when something is unpacked may be wrong. */
  const night = (volume: string, broken = "") => {
    rmSync(spool, { recursive: true, force: true });
    mkdirSync(join(home, "bin"), { recursive: true });
    mkdirSync(join(home, "uploads/files"), { recursive: true });
    mkdirSync(spool);
    writeFileSync(
      join(home, "bin/tar"),
      `#!/bin/bash\ncase "$3" in -xzf) ${broken} ;; esac\nexec /bin/tar "$@"\n`,
      {
        mode: 0o755,
      },
    );
    const earlier = run(earlierScript("uploads-core"));
    const save = uploadsScript([volume], { keepDays: undefined, drillDays: 7 }, [], "uploads-core")
      .replaceAll('"/tmp/', `"${home}/`)
      .replaceAll("/backups", spool)
      .replaceAll("/uploads/$", `${home}/uploads/$`);
    const dump = spawnSync("bash", ["--norc", "-c", save], {
      encoding: "utf8",
      env: { PATH: `${home}/bin:${process.env.PATH}` },
    });
    const upload = run(uploadScript(3, "uploads", ["files"]));
    const said = `${dump.stdout}${upload.stdout}`.match(/^(before: )?(backup|drill) .*$/gm) ?? [];
    return {
      ends: [earlier.status, dump.status, upload.status],
      said: said.map((line) => line.replaceAll(/ \d{8}T\d{6}Z\S*/g, "")),
    };
  };

  test("what a night came to is known the next night: a drill that failed is told, and tried again until it is well", () => {
    expect(night("files", "exit 2")).toEqual({
      ends: [0, 0, 1],
      said: [
        "backup begun uploads-core",
        "backup dumped uploads-core",
        "drill begun uploads-core",
        "drill failed uploads/files",
        "backup ok uploads-core",
      ],
    });
    expect(night("files").said).toEqual([
      "before: backup ok uploads-core",
      "before: drill failed uploads/files",
      "backup begun uploads-core",
      "backup dumped uploads-core",
      "drill begun uploads-core",
      "drill ok uploads/files",
      "backup ok uploads-core",
    ]);
    const third = night("none");
    expect(third.ends).toEqual([0, 0, 1]);
    expect(third.said.slice(-2)).toEqual(["backup begun uploads-core", "backup failed uploads-core"]);
    expect(night("files")).toEqual({
      ends: [0, 0, 0],
      said: [
        "before: backup ok uploads-core",
        "before: backup failed uploads-core",
        "before: drill ok uploads/files",
        "backup begun uploads-core",
        "backup dumped uploads-core",
        "backup ok uploads-core",
      ],
    });
    expect(run(bucketListScript).stdout).toMatch(/^(uploads files \S+ \d+\n)+$/);
  });

  test("a bucket that cannot be asked costs no dump", () => {
    const { status, stderr } = run(earlierScript("postgres"), { BACKUPS: "backups:nowhere/prod" });
    expect(status).toBe(0);
    expect(stderr).toContain("what earlier backups came to is not known");
  });

  test("a drill by hand is kept, and fails its last step when it is not well", () => {
    expect(run(keepDrillScript("postgres"))).toMatchObject({ status: 5, stderr: "nothing was tried\n" });
    mkdirSync(join(spool, ".drill"));
    const drill = (...results: string[]) => {
      const lines = results.map(
        (result) => `drill 20260102T000000Z ${result} postgres/${result} some.dump\n`,
      );
      writeFileSync(join(spool, ".drill/postgres"), lines.join(""));
      const { status } = run(keepDrillScript("postgres"));
      expect(readFileSync(join(stored, ".drill/postgres"), "utf8")).toBe(lines.join(""));
      return status;
    };
    expect(drill("ok", "failed")).toBe(5);
    expect(drill("ok", "begun")).toBe(5);
    expect(drill("ok")).toBe(0);
  });

  test.each([
    ["a wrong key", { RCLONE_CONFIG_BACKUPS_SECRET_ACCESS_KEY: "wrong" }, "StatusCode: 403"],
    ["a bucket that does not exist", { BACKUPS: "backups:nowhere/prod" }, "NoSuchBucket"],
    [
      "a server that does not answer",
      { RCLONE_CONFIG_BACKUPS_ENDPOINT: "http://127.0.0.1:9" },
      "connection refused",
    ],
  ])("%s fails the upload with the reason, and the dump is kept", (_what, env, reason) => {
    put(spool, "20260102T000000Z.dump", "whole");
    const { status, stderr } = run(uploadScript(3, "postgres", ["core_service"]), env);
    expect(status).not.toBe(0);
    expect(stderr).toContain(reason);
    expect(stderr).not.toContain(key.secret);
    expect(names(spool)).toEqual(["20260102T000000Z.dump"]);
  });

  test("the list of a bucket that does not exist is an error, not an empty one", () => {
    expect(run(bucketListScript, { BACKUPS: "backups:nowhere/prod" }).status).not.toBe(0);
  });
});
