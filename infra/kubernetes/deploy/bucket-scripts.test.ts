import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
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
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { quoted } from "../../../core/shell.ts";
import { uploadsScript } from "../../../stores/uploads.ts";
import {
  bucketListScript,
  earlierScript,
  fetchScript,
  keepDrillScript,
  uploadScript,
} from "./bucket-scripts.ts";

const rclone = spawnSync("rclone", ["version"]).status === 0;
const key = { id: "AKIDEXAMPLE01", secret: "wJalrXUt/K7MDENG+bPxRfiCY" };
const folder = "postgres/core_service";

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

/** The time of a backup that many days ago, as its name tells it. */
const stamp = (daysAgo: number): string =>
  `${new Date(Date.now() - daysAgo * 86_400_000).toISOString().replace(/[-:]|\.\d+/g, "")}`;

// One program is both, server and client.
describe.skipIf(!rclone)("against an S3 server (needs rclone on the PATH)", { timeout: 60_000 }, () => {
  const home = mkdtempSync(join(tmpdir(), "beat-bucket-"));
  const served = join(home, "served");
  const spool = join(home, "spool");
  const stored = join(served, "beat", "prod");
  let server: ChildProcess;
  let endpoint = "";

  const run = (script: string, more: Readonly<Record<string, string>> = {}) =>
    spawnSync("sh", ["-c", script.replaceAll("/backups", spool)], {
      encoding: "utf8",
      env: {
        PATH: process.env.PATH,
        BACKUPS: "backups:beat/prod",
        RCLONE_CONFIG: "/dev/null",
        RCLONE_CONFIG_BACKUPS_TYPE: "s3",
        RCLONE_CONFIG_BACKUPS_PROVIDER: "Other",
        RCLONE_CONFIG_BACKUPS_ENDPOINT: endpoint,
        RCLONE_CONFIG_BACKUPS_REGION: "us-east-1",
        RCLONE_CONFIG_BACKUPS_NO_CHECK_BUCKET: "true",
        RCLONE_CONFIG_BACKUPS_ACCESS_KEY_ID: key.id,
        RCLONE_CONFIG_BACKUPS_SECRET_ACCESS_KEY: key.secret,
        RCLONE_LOW_LEVEL_RETRIES: "1",
        RCLONE_RETRIES: "1",
        ...more,
      },
    });
  const put = (place: string, name: string, content: string | Buffer): void => {
    mkdirSync(join(place, folder), { recursive: true });
    writeFileSync(join(place, folder, name), content);
  };
  const names = (place: string): string[] => readdirSync(join(place, folder)).sort();

  beforeAll(async () => {
    mkdirSync(join(served, "beat"), { recursive: true });
    const args = [
      "serve",
      "s3",
      "--addr",
      "127.0.0.1:0",
      "--dir-cache-time",
      "50ms",
      "--auth-key",
      `${key.id},${key.secret}`,
    ];
    server = spawn("rclone", [...args, served], {
      env: { PATH: process.env.PATH, RCLONE_CONFIG: "/dev/null" },
    });
    // Read to the end: a server whose log nobody reads stops at the next line it writes.
    endpoint = await new Promise((resolve, reject) => {
      let log = "";
      server.stderr?.on("data", (chunk: Buffer) => {
        log += chunk.toString();
        const found = /http:\/\/127\.0\.0\.1:\d+/.exec(log)?.[0];
        if (found !== undefined) resolve(found);
      });
      server.once("exit", () => reject(new Error(log)));
    });
  }, 20_000);
  afterAll(() => {
    server.kill();
    rmSync(home, { recursive: true });
  });
  beforeEach(async () => {
    for (const place of [stored, spool]) rmSync(place, { recursive: true, force: true });
    mkdirSync(spool);
    // Longer than the server remembers what lay in a folder.
    await new Promise((resolve) => setTimeout(resolve, 100));
  });

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
    for (const name of [old, older, within, `${stamp(30)}.before-restore.archive.gz`, "from-elsewhere.dump"])
      put(stored, name, "x");
    const added = `${stamp(0)}.dump`;
    put(spool, added, "new");
    expect(run(uploadScript(3, "postgres", ["core_service"])).status).toBe(0);
    expect(names(stored)).toEqual([within, added, "from-elsewhere.dump"]);
  });

  test("a backup with a name of the future is named, never the latest, and stays", () => {
    const [old, latest, future] = [`${stamp(2.1)}.dump`, `${stamp(1)}.dump`, "20990101T000000Z.dump"];
    for (const name of [old, latest, future]) put(stored, name, name);
    const told = `${folder}/${future} is of the future`;
    const fetched = run(fetchScript("postgres", "core_service", "latest"));
    expect(fetched).toMatchObject({ status: 0, stderr: expect.stringContaining(told) });
    expect(names(spool)).toEqual([latest]);
    rmSync(join(spool, folder, latest));
    expect(run(fetchScript("postgres", "core_service", future)).status).toBe(0);
    expect(names(spool)).toEqual([future]);
    rmSync(join(spool, folder, future));
    put(spool, `${stamp(0)}.dump`, "new");
    const uploaded = run(uploadScript(1, "postgres", ["core_service"]));
    expect(uploaded).toMatchObject({ status: 0, stderr: expect.stringContaining(told) });
    expect(names(stored)).toEqual(expect.arrayContaining([latest, future]));
    expect(names(stored)).not.toContain(old);
  });

  test("of a database that no service has any more the latest stays", () => {
    const [older, old] = [`${stamp(40)}.dump`, `${stamp(30)}.dump`];
    const of = (database: string) => join(stored, "postgres", database);
    for (const database of ["gone", "auth_service"]) {
      mkdirSync(of(database), { recursive: true });
      for (const name of [older, old, `${old}.manifest`]) writeFileSync(join(of(database), name), "x");
    }
    put(spool, `${stamp(0)}.dump`, "new");
    expect(run(uploadScript(3, "postgres", ["auth_service", "core_service"])).status).toBe(0);
    expect(readdirSync(of("gone")).sort()).toEqual([old, `${old}.manifest`]);
    expect(readdirSync(of("auth_service")).sort()).toEqual([older, old, `${old}.manifest`]);
  });

  test("the newest stays however old it is", () => {
    put(stored, `${stamp(400)}.dump`, "x");
    const newest = `${stamp(300)}.dump`;
    put(spool, newest, "y");
    expect(run(uploadScript(3, "postgres", ["core_service"])).status).toBe(0);
    expect(names(stored)).toEqual([newest]);
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

  test("a restore gets the latest backup, whatever else is there", () => {
    put(stored, "20260101T000000Z.dump", "first");
    put(stored, "20260102T000000Z.dump", "second");
    put(stored, "20260103T000000Z.before-restore.dump", "before");
    put(stored, "zzz.dump", "other");
    expect(run(fetchScript("postgres", "core_service", "latest")).status).toBe(0);
    expect(names(spool)).toEqual(["20260102T000000Z.dump"]);
    expect(readFileSync(join(spool, folder, "20260102T000000Z.dump"), "utf8")).toBe("second");
  });

  test("of a database that was called otherwise the backups of then are found, after its own", () => {
    const now = (from: string) => run(fetchScript("postgres", "renamed", from, ["never", "core_service"]));
    put(stored, "20260101T000000Z.dump", "then");
    put(stored, "20260101T000000Z.dump.manifest", "its manifest");
    expect(now("latest")).toMatchObject({ status: 0, stderr: "" });
    const fetched = join(spool, "postgres/renamed");
    expect(readdirSync(fetched).sort()).toEqual(["20260101T000000Z.dump", "20260101T000000Z.dump.manifest"]);
    rmSync(fetched, { recursive: true });
    mkdirSync(join(stored, "postgres/renamed"));
    writeFileSync(join(stored, "postgres/renamed/20260102T000000Z.dump"), "now");
    expect(now("latest").status).toBe(0);
    expect(readdirSync(fetched)).toEqual(["20260102T000000Z.dump"]);
  });

  test("what was saved before a restore is carried away, and the one asked for lies alone", () => {
    put(stored, "20260101T000000Z.dump", "first");
    put(spool, "20260104T000000Z.before-restore.dump", "present");
    expect(run(fetchScript("postgres", "core_service", "20260101T000000Z.dump")).status).toBe(0);
    expect(names(spool)).toEqual(["20260101T000000Z.dump"]);
    expect(names(stored)).toEqual(["20260101T000000Z.dump", "20260104T000000Z.before-restore.dump"]);
  });

  test("a backup that is not there is named, and nothing is fetched", () => {
    put(stored, "20260101T000000Z.dump", "first");
    for (const from of ["20260109T000000Z.dump", "2026.101T000000Z.dump"]) {
      const { status, stderr } = run(fetchScript("postgres", "core_service", from));
      expect(status).toBe(3);
      expect(stderr).toContain(`there is no backup ${folder}/${from} in the bucket`);
    }
    expect(run(fetchScript("postgres", "auth_service", "latest")).status).toBe(3);
    expect(existsSync(join(spool, folder))).toBe(false);
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
