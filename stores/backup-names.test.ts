import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { restoreUploads, uploadsScript, verifyUploads } from "./uploads.ts";

/** The name of a backup that was made so many days ago. */
const named = (days: number, suffix = ".tar.gz"): string =>
  `${new Date(Date.now() - days * 86_400_000).toISOString().replaceAll(/[-:]|\.\d+/g, "")}${suffix}`;

/** Uploads need no server: every frame runs here as it is, on folders of the test's own. */
function inFolders(
  body: (place: {
    readonly folder: (volume: string) => string;
    readonly run: (script: string) => { status: number | null; stdout: string; stderr: string };
  }) => void,
): void {
  const home = mkdtempSync(join(tmpdir(), "beat-names-"));
  mkdirSync(join(home, "up/pictures"), { recursive: true });
  writeFileSync(join(home, "up/pictures/cat.png"), "a cat");
  try {
    body({
      folder: (volume) => {
        const folder = join(home, "kept/uploads", volume);
        mkdirSync(folder, { recursive: true });
        return folder;
      },
      run: (script) => {
        const here = script.replaceAll("/backups", join(home, "kept")).replaceAll("/uploads/", `${home}/up/`);
        // The folder of the store among the backups is called as the place where volumes are.
        return spawnSync("bash", ["-c", here], { encoding: "utf8" });
      },
    });
  } finally {
    rmSync(home, { recursive: true });
  }
}

const save = uploadsScript(["pictures"], { keepDays: 3 }, ["pictures", "of-another-service"]);
const future = "20990101T000000Z.tar.gz";

test("a backup with a name of the future is named, never the latest, and stays", () =>
  inFolders(({ folder, run }) => {
    const pictures = folder("pictures");
    expect(run(save).status).toBe(0);
    const [made = ""] = readdirSync(pictures);
    for (const end of ["", ".manifest"])
      copyFileSync(join(pictures, made + end), join(pictures, future + end));
    const told = `${future} is of the future, so a clock was wrong: it is never the latest, and stays`;
    const verified = run(verifyUploads(["pictures"]));
    expect(verified).toMatchObject({ status: 0, stderr: expect.stringContaining(told) });
    expect(verified.stdout).toContain(`verified uploads/pictures: ${made}`);
    const restore = (from: string) =>
      run(restoreUploads({ database: "pictures", from, fetched: false }).script);
    expect(restore("latest").stdout).toContain(`pictures is restored from ${made}`);
    // Whoever asks for it by its name has it.
    expect(restore(future).stdout).toContain(`pictures is restored from ${future}`);
    expect(run(save)).toMatchObject({ status: 0, stderr: expect.stringContaining(told) });
    expect(readdirSync(pictures)).toEqual(expect.arrayContaining([future, `${future}.manifest`]));
    for (const name of readdirSync(pictures)) if (name !== future) rmSync(join(pictures, name));
    expect(restore("latest")).toMatchObject({ status: 3, stderr: expect.stringContaining(told) });
  }));

test("a backup's age is in its name, whatever time a copy of the folder gave the file", () =>
  inFolders(({ folder, run }) => {
    const pictures = folder("pictures");
    const [old, within] = [named(5), named(3.9)];
    // Of four days with a backup since; and of another volume, whose days count as well.
    const kept = [within, `${within}.manifest`, named(2), named(1), "from-elsewhere.tar.gz"];
    for (const name of [...kept, old, `${old}.manifest`, named(9, ".before-restore.tar.gz")])
      writeFileSync(join(pictures, name), "x");
    const longAgo = new Date("2001-01-01");
    for (const name of kept) utimesSync(join(pictures, name), longAgo, longAgo);
    const { stdout, status } = run(save);
    expect(status).toBe(0);
    expect(stdout).toContain(`${old}, which is more than 3 days old`);
    const made = readdirSync(pictures).filter((name) => !kept.includes(name));
    expect(made).toEqual([
      expect.stringMatching(/^\d{8}T\d{6}Z\.tar\.gz$/),
      expect.stringMatching(/^\d{8}T\d{6}Z\.tar\.gz\.manifest$/),
    ]);
    expect(readdirSync(pictures)).toEqual(expect.arrayContaining(kept));
  }));

/** As {@link save} with a clock that is some days ahead. */
const ahead = (days: number, script = save): string =>
  `date() { case "$*" in *-d*) command date "$@" ;; *) command date -d "@$(($(command date +%s) + ${days * 86_400}))" "$@" ;; esac; }
${script}`;

test("a night with a clock that is ahead takes no more backups than any other night", () =>
  inFolders(({ folder, run }) => {
    const all = [named(3), named(2), named(1)];
    for (const volume of ["pictures", "gone"])
      for (const name of all) writeFileSync(join(folder(volume), name), "x");
    const left = (volume: string) => all.filter((name) => readdirSync(folder(volume)).includes(name));
    for (const [days, wanted] of [
      [40, all],
      [41, all.slice(1)],
      [42, all.slice(2)],
    ] as const) {
      expect(run(ahead(days)).status).toBe(0);
      expect([left("pictures"), left("gone")]).toEqual([wanted, wanted]);
    }
    // Nor does one that is right again.
    expect(run(save).stdout).not.toContain("deleted");
    expect(run(verifyUploads(["pictures"])).status).toBe(0);
  }));

test("of what no service keeps any more the latest stays; what another service saves is that one's", () =>
  inFolders(({ folder, run }) => {
    const [older, old] = [named(40), named(30)];
    const all = [older, `${older}.manifest`, old, `${old}.manifest`];
    for (const volume of ["gone", "of-another-service"])
      for (const name of all) writeFileSync(join(folder(volume), name), "x");
    for (const days of [3, 2, 1]) writeFileSync(join(folder("pictures"), named(days)), "x");
    expect(run(save).status).toBe(0);
    expect(readdirSync(folder("gone"))).toEqual([old, `${old}.manifest`]);
    expect(readdirSync(folder("of-another-service"))).toEqual(all);
  }));
