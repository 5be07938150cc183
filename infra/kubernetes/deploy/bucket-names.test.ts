import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fetchScript, uploadScript } from "./bucket-scripts.ts";
import { emptyBucket, folder, rclone, stamp } from "./test-bucket.ts";

describe.skipIf(!rclone)("in a bucket, by the names (needs rclone on the PATH)", { timeout: 60_000 }, () => {
  const { run, put, names, stored, spool } = emptyBucket();

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
    for (const days of [3, 2, 1]) put(stored, `${stamp(days)}.dump`, "x");
    put(spool, `${stamp(0)}.dump`, "new");
    expect(run(uploadScript(3, "postgres", ["auth_service", "core_service"])).status).toBe(0);
    expect(readdirSync(of("gone")).sort()).toEqual([old, `${old}.manifest`]);
    expect(readdirSync(of("auth_service")).sort()).toEqual([older, old, `${old}.manifest`]);
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

  test("of a database that was called otherwise the latest is the newest of all its names", async () => {
    const now = (from: string) => run(fetchScript("postgres", "renamed", from, ["never", "core_service"]));
    put(stored, "20260101T000000Z.dump", "then");
    put(stored, "20260101T000000Z.dump.manifest", "its manifest");
    expect(now("latest")).toMatchObject({ status: 0, stderr: "" });
    const fetched = join(spool, "postgres/renamed");
    expect(readdirSync(fetched).sort()).toEqual(["20260101T000000Z.dump", "20260101T000000Z.dump.manifest"]);
    rmSync(fetched, { recursive: true });
    mkdirSync(join(stored, "postgres/renamed"));
    writeFileSync(join(stored, "postgres/renamed/20260102T000000Z.dump"), "now");
    // Longer than the server remembers what lay in a folder.
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(now("latest").status).toBe(0);
    expect(readdirSync(fetched)).toEqual(["20260102T000000Z.dump"]);
    rmSync(fetched, { recursive: true });
    // It was called otherwise again, and is back.
    put(stored, "20260103T000000Z.dump", "otherwise");
    put(stored, "20260103T000000Z.dump.manifest", "its manifest");
    put(stored, "20260102T000000Z.dump", "otherwise");
    put(stored, "20990101T000000Z.dump", "of the future");
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(now("latest").status).toBe(0);
    expect(readdirSync(fetched).sort()).toEqual(["20260103T000000Z.dump", "20260103T000000Z.dump.manifest"]);
    rmSync(fetched, { recursive: true });
    expect(now("20260102T000000Z.dump").status).toBe(0);
    expect(readFileSync(join(fetched, "20260102T000000Z.dump"), "utf8")).toBe("now");
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
});
